// Package testkit makes a fake cluster a pleasure to use in Go tests: a cluster
// for a test, a command line in the test's process, scripts against a cluster,
// golden files.
//
//	func TestRollout(t *testing.T) {
//		cluster := testkit.NewCluster(t)
//		out := testkit.Kubectl(t, cluster, "create", "deployment", "web", "--image=nginx")
//		...
//	}
//
// It adds nothing to what a cluster does; that is package fakecluster.
package testkit

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/fakecluster"
)

// NewCluster starts a cluster that is closed when the test ends.
func NewCluster(t testing.TB, options ...fakecluster.Option) *fakecluster.Cluster {
	t.Helper()
	cluster, err := fakecluster.New(options...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	return cluster
}

// Result is what a command line printed, and what came of it.
type Result struct {
	Stdout string
	Stderr string
	Err    error
}

// Run carries out a command line in this process, as cluster administrator of
// a cluster. stdin may be nil.
func Run(ctx context.Context, cluster *fakecluster.Cluster, stdin []byte, args ...string) Result {
	var out, errOut bytes.Buffer
	streams := cli.IOStreams{In: bytes.NewReader(stdin), Out: &out, ErrOut: &errOut}
	err := cli.RunIn(ctx, Environment(cluster), streams, append([]string{"kubectl"}, args...))
	if err != nil {
		cli.Report(err, streams)
	}
	return Result{Stdout: out.String(), Stderr: errOut.String(), Err: err}
}

// Kubectl carries out a command line that must succeed, and returns what it
// printed on standard output.
func Kubectl(t testing.TB, cluster *fakecluster.Cluster, args ...string) string {
	t.Helper()
	r := Run(t.Context(), cluster, nil, args...)
	require.NoError(t, r.Err, "kubectl %s: %s", strings.Join(args, " "), r.Stderr)
	return r.Stdout
}

// Environment is that of a command line that talks to a cluster within the
// process and sees nothing of the machine.
func Environment(cluster *fakecluster.Cluster) cli.Environment {
	return cli.Environment{
		Program: "kubectl",
		Getenv:  func(string) string { return "" },
		Now:     cluster.Now,
		WrapConfig: func(config *rest.Config) *rest.Config {
			inProcess := cluster.RESTConfig()
			inProcess.UserAgent = config.UserAgent
			inProcess.ContentConfig = config.ContentConfig
			inProcess.APIPath = config.APIPath
			inProcess.Impersonate = config.Impersonate
			inProcess.WarningHandler = config.WarningHandler
			inProcess.Wrap(config.WrapTransport) // it reads the cluster's clock off the answers
			return inProcess
		},
	}
}
