package factory

import (
	"os"

	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfig is a clientcmd.ClientConfig that tells a user with no
// configuration at all where it could come from.
type kubeconfig struct {
	loaded clientcmd.ClientConfig
}

func (k kubeconfig) ConfigAccess() clientcmd.ConfigAccess { return k.loaded.ConfigAccess() }

func (k kubeconfig) RawConfig() (clientcmdapi.Config, error) {
	config, err := k.loaded.RawConfig()
	return config, explainEmpty(err)
}

func (k kubeconfig) ClientConfig() (*restclient.Config, error) {
	config, err := k.loaded.ClientConfig()
	return config, explainEmpty(err)
}

func (k kubeconfig) Namespace() (string, bool, error) {
	namespace, explicit, err := k.loaded.Namespace()
	return namespace, explicit, explainEmpty(err)
}

func explainEmpty(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return clientcmd.NewEmptyConfigError(emptyConfig)
	}
	return err
}

const emptyConfig = `Missing or incomplete configuration info.  Please point to an existing, complete config file:


  1. Via the command-line flag --kubeconfig
  2. Via the KUBECONFIG environment variable
  3. In your home directory as ~/.kube/config

To view or setup config directly use the 'config' command.`

// LoadingRules say which files make up the kubeconfig.
type LoadingRules struct {
	*clientcmd.ClientConfigLoadingRules
}

// GetDefaultFilename is the file that new entries go to: the first one that
// exists, or else the last.
func (r LoadingRules) GetDefaultFilename() string {
	files := r.GetLoadingPrecedence()
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	if len(files) == 0 {
		return ""
	}
	return files[len(files)-1]
}
