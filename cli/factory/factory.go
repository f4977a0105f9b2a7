package factory

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/discovery"
	"github.com/kubejig/kubejig/cli/runlog"
	"github.com/kubejig/kubejig/cli/scheme"
	release "github.com/kubejig/kubejig/internal/version"
)

// discoveryTTL is how long cached discovery is believed.
const discoveryTTL = 6 * time.Hour

// Factory gives the commands of one run their streams, environment and
// clients. Everything is built at its first use.
type Factory struct {
	Environment
	IOStreams

	// Args is the command line as it was typed, the program in front.
	Args []string
	// Log is the run's log.
	Log *runlog.Log
	// CredentialPlugins says which programs may be run for credentials, where
	// the user's preferences say so.
	CredentialPlugins clientcmdapi.PluginPolicy

	connection connection
	command    command
	warnings   warningCounter
	server     *serverClock

	loader    func() clientcmd.ClientConfig
	discovery func() (*discovery.Client, error)
	mapper    func() (meta.RESTMapper, error)
	versions  func() error
}

// warningCounter prints the server's warnings, each once, and counts them.
type warningCounter interface {
	rest.WarningHandler
	WarningCount() int
}

// New is the factory of one run.
func New(environment Environment, streams IOStreams) *Factory {
	f := &Factory{Environment: environment, IOStreams: streams, Log: runlog.New(streams.ErrOut)}
	if environment.OwnsLog {
		f.Log.SetBackground()
	}
	f.connection.cacheDir = environment.cacheDirectory()
	f.warnings = rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{
		Deduplicate: true,
		Color:       printers.AllowsColorOutput(streams.ErrOut),
	})
	f.server = &serverClock{local: environment.Now}
	f.loader = sync.OnceValue(f.newLoader)
	f.discovery = sync.OnceValues(f.newDiscovery)
	f.mapper = sync.OnceValues(f.newMapper)
	f.versions = sync.OnceValue(f.compareVersions)
	return f
}

// AddConnectionFlags registers the flags of every command that say which
// server to speak to, and as whom.
func (f *Factory) AddConnectionFlags(flags *pflag.FlagSet) {
	f.connection.addFlags(flags)
}

// WarningCount is how many warnings the server has sent in this run.
func (f *Factory) WarningCount() int { return f.warnings.WarningCount() }

// Now is the server's time where it has told one, else the local time.
func (f *Factory) Now() time.Time { return f.server.Now() }

// ToRawKubeConfigLoader is the kubeconfig with the flags laid over it.
func (f *Factory) ToRawKubeConfigLoader() clientcmd.ClientConfig { return f.loader() }

// MatchVersion fails if the server's version is to be the client's, and is not.
func (f *Factory) MatchVersion() error {
	if !f.connection.matchServerVersion {
		return nil
	}
	return f.versions()
}

// ToRESTConfig is a fresh configuration for a client of the chosen server.
func (f *Factory) ToRESTConfig() (*rest.Config, error) {
	if err := f.MatchVersion(); err != nil {
		return nil, err
	}
	config, err := f.restConfig()
	if err != nil {
		return nil, err
	}
	config.GroupVersion = &schema.GroupVersion{Version: "v1"}
	config.APIPath = "/api"
	config.NegotiatedSerializer = scheme.Codecs().WithoutConversion()
	config.QPS, config.Burst = requestsPerSecond, burst
	return config, nil
}

// How fast requests may follow each other: what kubectl allows itself for
// discovery only. With client-go's 5 a second, the pages of a long list wait
// for nothing; servers have had means of their own since (API Priority and
// Fairness).
const (
	requestsPerSecond = 50
	burst             = 300
)

// Discovery tells what the server serves, from the cache where it is fresh.
func (f *Factory) Discovery() (*discovery.Client, error) { return f.discovery() }

// UncachedDiscovery tells what the server serves now.
func (f *Factory) UncachedDiscovery() (*discovery.Client, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return discovery.New(config, f.Log)
}

// ToRESTMapper maps resources to kinds as the server serves them, short names
// included.
func (f *Factory) ToRESTMapper() (meta.RESTMapper, error) { return f.mapper() }

// Namespace is the namespace to work in, and whether a flag said so.
func (f *Factory) Namespace() (name string, explicit bool, err error) {
	return f.loader().Namespace()
}

func (f *Factory) newLoader() clientcmd.ClientConfig {
	rules := f.LoadingRules()
	server := f.Getenv("KUBERNETES_MASTER")
	if server == "" {
		server = "http://localhost:8080"
	}
	return kubeconfig{clientcmd.NewInteractiveDeferredLoadingClientConfig(rules, f.connection.overrides(server), f.In)}
}

func (f *Factory) restConfig() (*rest.Config, error) {
	config, err := f.loader().ClientConfig()
	if err != nil {
		return nil, err
	}
	config.UserAgent = f.userAgent()
	if config.ExecProvider != nil {
		config.ExecProvider.PluginPolicy = f.CredentialPlugins
	}
	config.WarningHandler = f.warnings
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &observer{next: next, clock: f.server}
	})
	config.Wrap(f.command.announced)
	config.Wrap(f.Log.Transport) // It shows the requests as they were before the other two.
	if f.WrapConfig != nil {
		config = f.WrapConfig(config)
	}
	return config, nil
}

// userAgent names the program as client-go names programs; up to the slash, it
// also becomes the field manager of requests that name none.
func (f *Factory) userAgent() string {
	name := strings.ReplaceAll(f.Program, " ", "-")
	commit := ClientVersion().GitCommit[:7]
	return fmt.Sprintf("%s/%s (%s/%s) kubernetes/%s", name, release.Git, runtime.GOOS, runtime.GOARCH, commit)
}

func (f *Factory) newDiscovery() (*discovery.Client, error) {
	if err := f.MatchVersion(); err != nil {
		return nil, err
	}
	config, err := f.restConfig()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = requestsPerSecond, burst
	if f.WrapConfig != nil { // An in-process server needs no files.
		return discovery.NewInMemory(config, f.Log)
	}
	cache := f.connection.cacheDir
	if cache == "" {
		cache = f.cacheDirectory()
	}
	return discovery.NewInFiles(config, discovery.Files{
		Dir:  discoveryDirectory(filepath.Join(cache, "discovery"), config.Host),
		HTTP: filepath.Join(cache, "http"),
		TTL:  discoveryTTL,
	}, f.Log)
}

// discoveryDirectory is a server's own place below parent.
func discoveryDirectory(parent, host string) string {
	host = strings.Replace(host, "https://", "", 1)
	host = strings.Replace(host, "http://", "", 1)
	unsafe := regexp.MustCompile(`[^(\w/.)]`)
	return filepath.Join(parent, unsafe.ReplaceAllString(host, "_"))
}

func (f *Factory) newMapper() (meta.RESTMapper, error) {
	client, err := f.Discovery()
	if err != nil {
		return nil, err
	}
	warn := printers.NewWarningPrinter(f.ErrOut, printers.WarningPrinterOptions{Color: printers.AllowsColorOutput(f.ErrOut)})
	return discovery.NewMapper(client, func(message string) { warn.Print(message) }), nil
}
