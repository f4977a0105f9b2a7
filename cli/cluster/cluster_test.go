package cluster_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/internal/ptytest"
)

// TestMain makes the test's binary the program itself for the scripts, and for
// the clusters that it starts in the background.
func TestMain(m *testing.M) {
	program := func() { os.Exit(cli.Main(os.Args)) }
	testscript.Main(m, map[string]func(){"kubejig": program, "kubectl": program})
}

// condition [mount] says that scripts can mount what nobody else sees.
func condition(name string) (bool, error) {
	if name != "mount" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "none", os.TempDir()).Run() == nil, nil
}

// Ctrl-C in a terminal reaches the command by itself: not a second time from
// us, and it decides what it means.
func TestInterruptedRun(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "kubejig")
	require.NoError(t, os.Symlink(self, name))
	s := ptytest.Start(t, exec.Command(name, "cluster", "run", "--", "sh", "-c",
		`trap "echo got it" INT; echo started; read line; read line; kubectl get nodes -o name; exit 3`))
	s.Await("started")
	s.Type(ptytest.CtrlC)
	s.Await("got it")
	s.Type(ptytest.Enter)
	s.Type(ptytest.Enter)
	require.Equal(t, 3, s.Exit())
	require.Contains(t, s.Screen(), "node/node-1")
	require.Equal(t, 1, strings.Count(s.Screen(), "got it"))
}

func TestScripts(t *testing.T) {
	ptytest.CatchHangups(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Condition:           condition,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}
