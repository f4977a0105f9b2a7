package cluster

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kubeconfig"
)

// mark is the extension that tells the clusters in a kubeconfig that are ours
// from others, which may have the same name.
const mark = "kubejig"

// checkNames refuses a name under which the user's kubeconfig has something
// that is not ours: it would be lost.
func checkNames(f *factory.Factory, name string) error {
	config, err := f.LoadingRules().GetStartingConfig()
	if err != nil {
		return err
	}
	if isOurs(config, name) {
		return nil
	}
	for _, entry := range []struct {
		noun, verb string
		taken      bool
	}{
		{"context", "delete-context", config.Contexts[name] != nil},
		{"cluster", "delete-cluster", config.Clusters[name] != nil},
		{"user", "delete-user", config.AuthInfos[name] != nil},
	} {
		if entry.taken {
			return fmt.Errorf("the kubeconfig has a %s %q that %[3]s did not write: choose another name, or remove it with: %[3]s config %[4]s %[2]s",
				entry.noun, name, f.Program, entry.verb)
		}
	}
	return nil
}

func isOurs(config *api.Config, name string) bool {
	cluster := config.Clusters[name]
	return cluster != nil && cluster.Extensions[mark] != nil
}

// merge adds a cluster's entries to the user's kubeconfig, makes its context
// the current one, and returns the file that was written.
func merge(f *factory.Factory, name string, own *api.Config) (string, error) {
	cluster, user, context := own.Clusters[name].DeepCopy(), own.AuthInfos[name].DeepCopy(), own.Contexts[name].DeepCopy()
	// An entry is written to the file that it came from: these are new here.
	cluster.LocationOfOrigin, user.LocationOfOrigin, context.LocationOfOrigin = "", "", ""
	cluster.Extensions = map[string]runtime.Object{mark: &runtime.Unknown{Raw: []byte("{}"), ContentType: runtime.ContentTypeJSON}}
	rules := f.LoadingRules()
	return rules.GetDefaultFilename(), kubeconfig.Update(f, rules, true, func(config *api.Config) error {
		config.Clusters[name], config.AuthInfos[name], config.Contexts[name] = cluster, user, context
		config.CurrentContext = name
		return nil
	})
}

// unmerge takes a cluster's entries out of the user's kubeconfig, if they are
// ours.
func unmerge(f *factory.Factory, name string) error {
	return kubeconfig.Update(f, f.LoadingRules(), true, func(config *api.Config) error {
		if !isOurs(config, name) {
			return nil
		}
		delete(config.Clusters, name)
		delete(config.AuthInfos, name)
		delete(config.Contexts, name)
		if config.CurrentContext == name {
			config.CurrentContext = ""
		}
		return nil
	})
}
