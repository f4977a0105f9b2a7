package known_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/known"
)

const list = `# What a file like this is.

# Two lines
# of reason.
get: kubectl .*
set: kubectl set

# It is so.
get: curl
`

func read(t *testing.T, text, prefix string) (known.Differences, error) {
	path := filepath.Join(t.TempDir(), "known.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return known.Read(path, prefix)
}

func TestNote(t *testing.T) {
	differences, err := read(t, list, "")
	require.NoError(t, err)
	require.Equal(t, "Two lines of reason.", differences.Note("get: kubectl get pods", true).Reason)
	require.Nil(t, differences.Note("forget: kubectl get pods", true), "a pattern matches the whole name")
	differences.Note("get: curl", false)
	require.Equal(t, []string{"^(?:get: curl)$"}, differences.Obsolete(false))
	require.Equal(t, []string{"^(?:set: kubectl set)$", "^(?:get: curl)$"}, differences.Obsolete(true))
}

func TestReadTakesThoseOfAPrefix(t *testing.T) {
	differences, err := read(t, list, "set: ")
	require.NoError(t, err)
	require.Len(t, differences, 1)
}

func TestReadWantsReasons(t *testing.T) {
	_, err := read(t, "get: curl\n", "")
	require.ErrorContains(t, err, `no reason is given for "get: curl"`)
	_, err = read(t, "# It is so.\nget: (\n", "")
	require.ErrorContains(t, err, "known.txt: error parsing regexp")
}
