package factory

import (
	"fmt"
	"runtime"

	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"

	release "github.com/kubejig/kubejig/internal/version"
)

// ClientVersion describes this client as a Kubernetes component.
func ClientVersion() version.Info {
	return version.Info{
		Major:        release.Major,
		Minor:        release.Minor,
		GitVersion:   release.Git,
		GitCommit:    "$Format:%H$",
		GitTreeState: "",
		BuildDate:    "1970-01-01T00:00:00Z",
		GoVersion:    runtime.Version(),
		Compiler:     runtime.Compiler,
		Platform:     fmt.Sprintf("%s/%s", runtime.GOOS, runtime.GOARCH),
	}
}

// compareVersions fails if the server is of another release.
func (f *Factory) compareVersions() error {
	config, err := f.restConfig()
	if err != nil {
		return err
	}
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	return discovery.MatchesServerVersion(ClientVersion(), client)
}
