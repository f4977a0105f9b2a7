package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReferenceIsUpToDate(t *testing.T) {
	want, reference := t.TempDir(), filepath.Join("..", "..", "docs", "reference")
	require.NoError(t, run(want, "", ""))
	names := filesIn(t, want)
	require.Equal(t, names, filesIn(t, reference), "run make docs")
	for _, name := range names {
		generated, err := os.ReadFile(filepath.Join(want, name))
		require.NoError(t, err)
		checkedIn, err := os.ReadFile(filepath.Join(reference, name))
		require.NoError(t, err)
		require.Equal(t, string(generated), string(checkedIn), "%s: run make docs", name)
	}
}

func TestManPagesAndCompletions(t *testing.T) {
	man, completions := t.TempDir(), t.TempDir()
	require.NoError(t, run("", man, completions))
	require.Contains(t, filesIn(t, man), "kubejig-rollout-undo.1")
	for _, name := range filesIn(t, completions) {
		script, err := os.ReadFile(filepath.Join(completions, name))
		require.NoError(t, err)
		require.Regexp(t, "kubejig(.|\n)* __complete", string(script), name)
	}
}

func filesIn(t *testing.T, folder string) (names []string) {
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
