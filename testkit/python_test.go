package testkit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// TestPython lets the Python client do what its users do. It finds some things
// that clients in Go don't: it speaks other protocols, and writes "False".
func TestPython(t *testing.T) {
	python := pythonWithKubernetes(t)
	cluster := testkit.NewCluster(t, fakecluster.WithClock(fakecluster.Auto))
	listener, err := cluster.Serve(0)
	require.NoError(t, err)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	require.NoError(t, clientcmd.WriteToFile(*listener.Kubeconfig(), kubeconfig))

	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "testdata/client.py")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}

// pythonWithKubernetes is a Python that has the client, which Debian's package
// gives to Debian's own.
func pythonWithKubernetes(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import kubernetes").Run() == nil {
			return python
		}
	}
	t.Skip("Python's client is not there; Debian has it as python3-kubernetes")
	return ""
}
