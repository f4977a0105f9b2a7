package testkit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/testkit"
)

// What is compared with a golden file is written to it on request.
func TestGolden(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(testkit.UpdateVariable, "1")
	testkit.Golden(t, "nodes/list.txt", "node-1\n")
	written, err := os.ReadFile(filepath.Join("testdata", "nodes", "list.txt"))
	require.NoError(t, err)
	require.Equal(t, "node-1\n", string(written))

	t.Setenv(testkit.UpdateVariable, "")
	testkit.Golden(t, "nodes/list.txt", "node-1\n")
	other := &failing{TB: t}
	func() {
		defer func() { _ = recover() }()
		testkit.Golden(other, "nodes/list.txt", "node-2\n")
	}()
	require.True(t, other.failed)
}

// failing notes that a test would have failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) FailNow()              { panic("failed") }
