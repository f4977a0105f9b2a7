package compat

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/testkit"
)

// asKubectl is the environment variable that makes the test's binary our
// command line: scripts run it as a process of its own, as users do.
const asKubectl = "KUBEJIG_COMPAT_KUBECTL"

// everything is the environment variable for which all steps are compared.
const everything = "KUBEJIG_COMPAT_ALL"

func TestMain(m *testing.M) {
	if os.Getenv(asKubectl) != "" {
		os.Exit(cli.Main(os.Args))
	}
	m.Run()
}

// TestCommandLines compares the scripts of testdata.
func TestCommandLines(t *testing.T) {
	reference := Program{Path: testkit.RequireBinary(t, "../../bin/reference/kubectl")}
	ours := ourselves(t)
	known, err := ReadKnown("known_differences.txt")
	require.NoError(t, err)
	results := &tally{known: known}
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	credentials, err := NewCredentials()
	require.NoError(t, err)
	start := firstInstant()
	t.Run("scripts", func(t *testing.T) {
		for _, file := range files {
			script, err := ReadScript(file)
			require.NoError(t, err)
			t.Run(script.Name, func(t *testing.T) {
				t.Parallel()
				comparison := Comparison{
					Reference: reference, Ours: ours, Credentials: credentials, Dir: t.TempDir(), Start: start,
					Everything: os.Getenv(everything) != "",
					Differ: func(step Step, difference string) {
						if difference := results.note(script.Name+": "+step.Text, difference); difference != "" {
							t.Errorf("%s:%d: %s\n%s", file, step.Line, step.Text, difference)
						}
					},
				}
				require.NoError(t, comparison.Run(t.Context(), script))
			})
		}
	})
	results.report(t, os.Getenv(everything) != "" && !t.Failed())
}

// ourselves is this test's binary, called kubectl.
func ourselves(t *testing.T) Program {
	self, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "kubectl")
	require.NoError(t, os.Symlink(self, path))
	return Program{Path: path, Env: []string{asKubectl + "=1"}}
}

// firstInstant is long enough ago for the ages that programs reckon themselves
// to be whole days, and not about to change.
func firstInstant() time.Time {
	return time.Now().Add(-100*24*time.Hour - 12*time.Hour).UTC().Truncate(time.Second)
}

// tally counts what was compared.
type tally struct {
	mu             sync.Mutex
	known          Known
	equal, allowed int
	different      int
}

// note counts a step and returns its difference, unless it is a known one.
func (r *tally) note(step, difference string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := r.known.Note(step, difference != "")
	switch {
	case difference == "":
		r.equal++
	case entry != nil:
		r.allowed++
		return ""
	default:
		r.different++
	}
	return difference
}

func (r *tally) report(t *testing.T, everything bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("%d command lines: %d equal, %d differ as known, %d differ",
		r.equal+r.allowed+r.different, r.equal, r.allowed, r.different)
	for _, pattern := range r.known.Obsolete(everything) {
		t.Errorf("known_differences.txt: nothing that matches %q differs any more", pattern)
	}
}
