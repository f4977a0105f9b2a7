package cp

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for typed, want := range map[string]place{
		"a/b/":       {path: "a/b"},
		"p:/x":       {namespace: "ns", pod: "p", path: "/x"},
		"o/p:x":      {namespace: "o", pod: "p", path: "x", typedNamespace: "o"},
		`p:C:\a\b`:   {namespace: "ns", pod: "p", path: "C:/a/b"},
		"p:":         {namespace: "ns", pod: "p"},
		"p:/":        {namespace: "ns", pod: "p", path: "/"},
		"./odd name": {path: "./odd name"},
	} {
		got, err := parse(typed, "ns")
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", typed, got, err, want)
		}
	}
	for _, typed := range []string{":x", "a/b/c:x"} {
		if _, err := parse(typed, "ns"); err == nil {
			t.Errorf("%s: no error", typed)
		}
	}
}

func TestBelow(t *testing.T) {
	for name, want := range map[string]bool{
		"/d": true, "/d/x": true, "/d/x/../y": true, "/d/../e": false, "/e": false, "/d/..": false,
	} {
		if got := below("/d", name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// A copy that breaks off leaves no half of a file; a device stays.
func TestWriteFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, writeFile(name, strings.NewReader("whole")))
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "whole", string(content))

	half := io.MultiReader(strings.NewReader("ha"), iotest.ErrReader(io.ErrUnexpectedEOF))
	require.ErrorIs(t, writeFile(name, half), io.ErrUnexpectedEOF)
	require.NoFileExists(t, name)
}
