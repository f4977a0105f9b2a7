package cluster

import (
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kubeconfig"
)

// merge adds a cluster's entries to the user's kubeconfig, makes its context
// the current one, and returns the file that was written.
func merge(f *factory.Factory, name string, own *api.Config) (string, error) {
	cluster, user, context := own.Clusters[name].DeepCopy(), own.AuthInfos[name].DeepCopy(), own.Contexts[name].DeepCopy()
	// An entry is written to the file that it came from: these are new here.
	cluster.LocationOfOrigin, user.LocationOfOrigin, context.LocationOfOrigin = "", "", ""
	rules := f.LoadingRules()
	return rules.GetDefaultFilename(), kubeconfig.Update(f, rules, true, func(config *api.Config) error {
		config.Clusters[name], config.AuthInfos[name], config.Contexts[name] = cluster, user, context
		config.CurrentContext = name
		return nil
	})
}

// unmerge takes a cluster's entries out of the user's kubeconfig.
func unmerge(f *factory.Factory, name string) error {
	return kubeconfig.Update(f, f.LoadingRules(), true, func(config *api.Config) error {
		delete(config.Clusters, name)
		delete(config.AuthInfos, name)
		delete(config.Contexts, name)
		if config.CurrentContext == name {
			config.CurrentContext = ""
		}
		return nil
	})
}
