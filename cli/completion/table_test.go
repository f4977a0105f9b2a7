package completion_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/cli/completion"
)

// The tables speak of commands and flags that there are.
func TestTables(t *testing.T) {
	for path, flags := range completion.Flags() {
		var out bytes.Buffer
		environment := cli.Environment{Program: "kubectl", Getenv: func(string) string { return "" }, Home: t.TempDir(), Now: time.Now}
		args := append([]string{"kubectl"}, append(strings.Fields(path), "--help")...)
		require.NoError(t, cli.RunIn(t.Context(), environment, cli.IOStreams{Out: &out, ErrOut: &out}, args))
		_, usage, _ := strings.Cut(out.String(), "\nUsage:\n")
		require.Contains(t, usage, "  kubectl "+path, "there is no such command")
		for _, flag := range flags {
			require.Contains(t, out.String(), "--"+flag+"=", path)
		}
	}
}
