// Package ourkubectl lets tests run our command line as users do: as a process
// of its own, called kubectl. That is the test's own binary, so that nothing
// has to be built; its TestMain must ask Called. Only tests use it.
package ourkubectl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// variable is the environment variable that says how the binary is meant.
const variable = "KUBEJIG_TEST_AS_KUBECTL"

// Called reports whether this process is meant to be the command line, not the
// test.
func Called() bool { return os.Getenv(variable) != "" }

// Program is the path of a kubectl that is this test's binary, and the
// environment variables that it needs.
func Program(t testing.TB) (path string, env []string) {
	self, err := os.Executable()
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "kubectl")
	require.NoError(t, os.Symlink(self, path))
	return path, []string{variable + "=1"}
}
