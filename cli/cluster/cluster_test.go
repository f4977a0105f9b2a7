package cluster_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubejig/kubejig/cli"
)

// TestMain makes the test's binary the program itself for the scripts, and for
// the clusters that it starts in the background.
func TestMain(m *testing.M) {
	program := func() { os.Exit(cli.Main(os.Args)) }
	testscript.Main(m, map[string]func(){"kubejig": program, "kubectl": program})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}
