package factory

import (
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// connection holds the global flags that say which server to speak to, and as
// whom.
type connection struct {
	kubeconfig, cacheDir              string
	cluster, user, context, namespace string
	server, tlsServerName, proxyURL   string
	insecure, disableCompression      bool
	clientCertificate, clientKey      string
	certificateAuthority              string
	token, username, password         string
	as, asUID                         string
	asGroups, asUserExtra             []string
	requestTimeout                    string
	matchServerVersion                bool
}

// addFlags registers the global flags, with the names and defaults of kubectl.
func (c *connection) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "Kubeconfig file to read instead of $KUBECONFIG or ~/.kube/config.")
	flags.StringVar(&c.cacheDir, "cache-dir", c.cacheDir, "Directory in which answers about the server's API are kept.")
	flags.StringVar(&c.clientCertificate, "client-certificate", "", "File of the client certificate for TLS.")
	flags.StringVar(&c.clientKey, "client-key", "", "File of the client certificate's key.")
	flags.StringVar(&c.token, "token", "", "Bearer token to show to the API server.")
	flags.StringVar(&c.as, "as", "", "User to impersonate: an ordinary user or a namespace's service account.")
	flags.StringVar(&c.asUID, "as-uid", "", "UID to impersonate.")
	flags.StringArrayVar(&c.asGroups, "as-group", nil, "Group to impersonate; may be given several times.")
	flags.StringArrayVar(&c.asUserExtra, "as-user-extra", nil, "Extra KEY=VALUE of the user to impersonate; may be given several times.")
	flags.StringVar(&c.username, "username", "", "User name for basic authentication.")
	flags.StringVar(&c.password, "password", "", "Password for basic authentication.")
	flags.StringVar(&c.cluster, "cluster", "", "Cluster of the kubeconfig to use.")
	flags.StringVar(&c.user, "user", "", "User of the kubeconfig to use.")
	flags.StringVarP(&c.namespace, "namespace", "n", "", "Namespace in which the request works.")
	flags.StringVar(&c.context, "context", "", "Context of the kubeconfig to use.")
	flags.StringVarP(&c.server, "server", "s", "", "Address and port of the API server.")
	flags.StringVar(&c.tlsServerName, "tls-server-name", "", "Name that the server's certificate must carry; by default the host's.")
	flags.BoolVar(&c.insecure, "insecure-skip-tls-verify", false, "Do not check the server's certificate: anybody could answer in its place.")
	flags.StringVar(&c.certificateAuthority, "certificate-authority", "", "File of the authority that signed the server's certificate.")
	flags.StringVar(&c.requestTimeout, "request-timeout", "0", "How long one request may take, such as 1s, 2m or 3h; 0 is for ever.")
	flags.BoolVar(&c.disableCompression, "disable-compression", false, "Ask the server for uncompressed answers.")
	flags.StringVar(&c.proxyURL, "proxy-url", "", "Proxy through which to reach the API server.")
	flags.BoolVar(&c.matchServerVersion, "match-server-version", false, "Insist that the server's version is the client's.")
}

// overrides are the flags in the form in which clientcmd lays them over the
// kubeconfig.
func (c *connection) overrides(defaultServer string) *clientcmd.ConfigOverrides {
	overrides := &clientcmd.ConfigOverrides{
		ClusterDefaults: clientcmdapi.Cluster{Server: defaultServer},
		CurrentContext:  c.context,
		Timeout:         c.requestTimeout,
	}
	overrides.AuthInfo.ClientCertificate = c.clientCertificate
	overrides.AuthInfo.ClientKey = c.clientKey
	overrides.AuthInfo.Token = c.token
	overrides.AuthInfo.Impersonate = c.as
	overrides.AuthInfo.ImpersonateUID = c.asUID
	overrides.AuthInfo.ImpersonateGroups = c.asGroups
	overrides.AuthInfo.ImpersonateUserExtra = userExtra(c.asUserExtra)
	overrides.AuthInfo.Username = c.username
	overrides.AuthInfo.Password = c.password
	overrides.ClusterInfo.Server = c.server
	overrides.ClusterInfo.TLSServerName = c.tlsServerName
	overrides.ClusterInfo.CertificateAuthority = c.certificateAuthority
	overrides.ClusterInfo.InsecureSkipTLSVerify = c.insecure
	overrides.ClusterInfo.DisableCompression = c.disableCompression
	overrides.ClusterInfo.ProxyURL = c.proxyURL
	overrides.Context.Cluster = c.cluster
	overrides.Context.AuthInfo = c.user
	overrides.Context.Namespace = c.namespace
	return overrides
}

// userExtra groups KEY=VALUE pairs by key; what is no pair is dropped.
func userExtra(pairs []string) map[string][]string {
	var extra map[string][]string
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if extra == nil {
			extra = map[string][]string{}
		}
		extra[key] = append(extra[key], value)
	}
	return extra
}

// LoadingRules say which kubeconfig files are read, in the order in which they
// win, and which of them is written to.
func (f *Factory) LoadingRules() LoadingRules {
	rules := &clientcmd.ClientConfigLoadingRules{
		ExplicitPath: f.connection.kubeconfig,
		Warner:       func(err error) { f.Log.Infof(1, "loader.go:141", "%v", err) },
	}
	if listed := f.Getenv(clientcmd.RecommendedConfigPathEnvVar); listed != "" {
		rules.Precedence = f.deduplicate(filepath.SplitList(listed))
		rules.WarnIfAllMissing = true
	} else {
		rules.Precedence = []string{f.homeConfig()}
	}
	return LoadingRules{rules}
}

// homeConfig is the kubeconfig of last resort.
func (f *Factory) homeConfig() string {
	return filepath.Join(f.Home, clientcmd.RecommendedHomeDir, clientcmd.RecommendedFileName)
}

func (f *Factory) deduplicate(files []string) []string {
	seen := map[string]bool{}
	var kept []string
	for _, file := range files {
		if file != "" && !seen[file] {
			seen[file] = true
			kept = append(kept, f.Path(file))
		}
	}
	return kept
}
