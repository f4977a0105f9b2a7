package testkit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// helm runs the reference binary against a served cluster, in a home of its
// own.
type helm struct {
	t      *testing.T
	binary string
	env    []string
	dir    string
}

func newHelm(t *testing.T, cluster *fakecluster.Cluster) helm {
	t.Helper()
	binary := testkit.RequireBinary(t, "../bin/reference/helm")
	listener, err := cluster.Serve(0)
	require.NoError(t, err)
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "config")
	require.NoError(t, clientcmd.WriteToFile(*listener.Kubeconfig(), kubeconfig))
	return helm{t: t, binary: binary, dir: dir, env: append(os.Environ(), "HOME="+dir, "KUBECONFIG="+kubeconfig)}
}

// run carries out a command line that must succeed, and returns what it
// printed.
func (h helm) run(args ...string) string {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), h.binary, args...)
	cmd.Dir, cmd.Env = h.dir, h.env
	out, err := cmd.CombinedOutput()
	require.NoError(h.t, err, "helm %s: %s", strings.Join(args, " "), out)
	return string(out)
}

// TestHelm takes a chart through its life. The clock is auto: helm waits, and
// knows nothing of other people's clocks.
func TestHelm(t *testing.T) {
	cluster := testkit.NewCluster(t, fakecluster.WithClock(fakecluster.Auto))
	h := newHelm(t, cluster)
	h.run("create", "shop")
	require.Contains(t, h.run("install", "shop", "./shop", "--wait", "--timeout", "60s"), "STATUS: deployed")
	require.Contains(t, testkit.Kubectl(t, cluster, "get", "deployment", "shop"), "1/1")
	require.Contains(t, h.run("list"), "shop-0.1.0")

	h.run("upgrade", "shop", "./shop", "--set", "replicaCount=3", "--wait", "--timeout", "60s")
	require.Contains(t, testkit.Kubectl(t, cluster, "get", "deployment", "shop"), "3/3")
	require.Contains(t, h.run("history", "shop"), "superseded")
	h.run("rollback", "shop", "1", "--wait", "--timeout", "60s")
	require.Contains(t, testkit.Kubectl(t, cluster, "get", "deployment", "shop"), "1/1")

	require.Contains(t, h.run("test", "shop", "--timeout", "60s"), "Succeeded")
	require.Contains(t, h.run("uninstall", "shop", "--wait", "--timeout", "60s"), `release "shop" uninstalled`)
	require.NotContains(t, testkit.Kubectl(t, cluster, "get", "deployments", "-A", "-o", "name"), "shop")
}
