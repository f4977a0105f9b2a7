package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/fakecluster"
)

// asProgram is the environment variable that makes the test's binary the
// program itself, for tests that need a process of their own.
const asProgram = "KUBEJIG_CLI_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main(os.Args))
	}
	m.Run()
}

// machine is a home directory with a kubeconfig for a cluster, and the program
// under a name on the PATH.
type machine struct {
	t       *testing.T
	cluster *fakecluster.Cluster
	home    string
	program string
	env     []string
}

// newMachine has the program under the given name, and a cluster with the
// given objects.
func newMachine(t *testing.T, name, objects string, options ...fakecluster.Option) *machine {
	t.Helper()
	cluster, err := fakecluster.New(options...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	listener, err := cluster.Serve(0)
	require.NoError(t, err)
	m := newHome(t, name)
	m.cluster = cluster
	require.NoError(t, clientcmd.WriteToFile(*listener.Kubeconfig(), filepath.Join(m.home, ".kube", "config")))
	m.write("objects.yaml", objects)
	m.run("apply", "-f", "objects.yaml")
	return m
}

// newHome has the program under the given name, and no cluster.
func newHome(t *testing.T, name string) *machine {
	t.Helper()
	m := &machine{t: t, home: t.TempDir()}
	m.program = filepath.Join(m.home, "bin", name)
	m.env = []string{
		"HOME=" + m.home, "PATH=" + filepath.Dir(m.program) + ":" + os.Getenv("PATH"),
		"TERM=dumb", "LANG=C.UTF-8", "TZ=UTC", asProgram + "=1",
	}
	require.NoError(t, os.Mkdir(filepath.Dir(m.program), 0o755))
	m.call(name)
	return m
}

// call puts the program on the PATH under a name.
func (m *machine) call(name string) {
	m.t.Helper()
	self, err := os.Executable()
	require.NoError(m.t, err)
	require.NoError(m.t, os.Symlink(self, filepath.Join(filepath.Dir(m.program), name)))
}

// write writes a file in the home directory and returns its path.
func (m *machine) write(name, content string) string {
	m.t.Helper()
	path := filepath.Join(m.home, name)
	require.NoError(m.t, os.WriteFile(path, []byte(content), 0o755))
	return path
}

// command is a program in the home directory.
func (m *machine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = m.home, m.env
	return cmd
}

// run runs a command line of ours and returns what it prints.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	out, err := m.command(m.program, args...).CombinedOutput()
	require.NoError(m.t, err, string(out))
	return string(out)
}
