package cluster

import (
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

// merge adds a cluster's entries to the user's kubeconfig, makes its context
// the current one, and returns the file that was written.
func merge(f *factory.Factory, name string, own *clientcmdapi.Config) (string, error) {
	rules := f.LoadingRules()
	config, err := rules.GetStartingConfig()
	if err != nil {
		return "", err
	}
	cluster, user, context := own.Clusters[name].DeepCopy(), own.AuthInfos[name].DeepCopy(), own.Contexts[name].DeepCopy()
	// An entry is written to the file that it came from: these are new here.
	cluster.LocationOfOrigin, user.LocationOfOrigin, context.LocationOfOrigin = "", "", ""
	config.Clusters[name], config.AuthInfos[name], config.Contexts[name] = cluster, user, context
	config.CurrentContext = name
	return rules.GetDefaultFilename(), clientcmd.ModifyConfig(rules, *config, true)
}

// unmerge takes a cluster's entries out of the user's kubeconfig.
func unmerge(f *factory.Factory, name string) error {
	rules := f.LoadingRules()
	config, err := rules.GetStartingConfig()
	if err != nil {
		return err
	}
	delete(config.Clusters, name)
	delete(config.AuthInfos, name)
	delete(config.Contexts, name)
	if config.CurrentContext == name {
		config.CurrentContext = ""
	}
	return clientcmd.ModifyConfig(rules, *config, true)
}
