package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// UpdateVariable is the environment variable that, when set, makes golden files
// and scripts take over what they are compared with.
const UpdateVariable = "KUBEJIG_UPDATE"

// Updating reports whether golden files are to be updated.
func Updating() bool { return os.Getenv(UpdateVariable) != "" }

// Golden compares text with a file below testdata, or writes the file when
// KUBEJIG_UPDATE is set.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if Updating() {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with %s=1 to make the file", UpdateVariable)
	require.Equal(t, string(want), got, "run the test with %s=1 if this is right", UpdateVariable)
}
