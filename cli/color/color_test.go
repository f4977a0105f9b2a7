package color_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli/color"
	"github.com/kubejig/kubejig/cli/factory"
)

func TestWanted(t *testing.T) {
	for _, tt := range []struct {
		flag, variable string
		want           bool
	}{
		{"", "", false},
		{"", "always", true},
		{"never", "always", false},
		{"always", "never", true},
		{"auto", "", false}, // The output is no terminal.
	} {
		f := factory.New(factory.Environment{Getenv: func(name string) string {
			return map[string]string{color.Variable: tt.variable}[name]
		}}, factory.IOStreams{})
		got, err := color.Wanted(f, tt.flag, &bytes.Buffer{})
		require.NoError(t, err)
		require.Equal(t, tt.want, got, tt)
	}
	f := factory.New(factory.Environment{Getenv: func(string) string { return "" }}, factory.IOStreams{})
	_, err := color.Wanted(f, "blue", &bytes.Buffer{})
	require.EqualError(t, err, `invalid color "blue": must be always, never or auto`)
}

func TestText(t *testing.T) {
	require.Equal(t, "\x1b[32mok\x1b[0m", color.Green.Text("ok"))
	require.Equal(t, "ok", color.Paint("").Text("ok"))
	require.Equal(t, color.For("web-1"), color.For("web-1"))
}
