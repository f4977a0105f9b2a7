package factory

import (
	"fmt"
	"runtime"

	"k8s.io/apimachinery/pkg/version"

	"github.com/kubejig/kubejig/cli/discovery"
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
	server, err := discovery.NewInMemory(config, f.Log)
	if err != nil {
		return err
	}
	theirs, err := server.Version()
	if err != nil {
		return fmt.Errorf("couldn't read version from server: %v", err)
	}
	ours := ClientVersion()
	if ours.GitVersion != theirs.GitVersion || ours.GitCommit != theirs.GitCommit || ours.GitTreeState != theirs.GitTreeState {
		return fmt.Errorf("server version (%#v) differs from client version (%#v)", theirs, ours)
	}
	return nil
}
