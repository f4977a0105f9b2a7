package preference

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli/factory"
)

// tree is a program with "get" and "set image", and what it was run with.
func tree() (*cobra.Command, *string) {
	ran := new(string)
	leaf := func(use string) *cobra.Command {
		cmd := &cobra.Command{Use: use}
		output := cmd.Flags().StringP("output", "o", "", "")
		cmd.Flags().BoolP("all", "A", false, "")
		cmd.Run = func(cmd *cobra.Command, args []string) {
			*ran = strings.Join(append([]string{cmd.Name(), "-o=" + *output}, args...), " ")
		}
		return cmd
	}
	root := &cobra.Command{Use: "kubectl", SilenceErrors: true, SilenceUsage: true}
	AddFlag(root.PersistentFlags())
	set := &cobra.Command{Use: "set"}
	set.AddCommand(leaf("image"))
	root.AddCommand(leaf("get"), set)
	return root, ran
}

func TestOverlay(t *testing.T) {
	const file = `
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
- {command: get, options: [{name: output, default: wide}]}
- {command: set image, options: [{name: output, default: name}]}
aliases:
- {name: getn, command: get, prependArgs: [nodes], appendArgs: [last], options: [{name: output, default: yaml}]}
`
	for args, want := range map[string]string{
		"get pods":              "get -o=wide pods",
		"get pods -o json":      "get -o=json pods",
		"get pods -ojson":       "get -o=json pods",
		"get pods -Ao json":     "get -o=json pods",
		"get pods --output=x":   "get -o=x pods",
		"set image a=b":         "image -o=name a=b",
		"getn":                  "getn -o=yaml nodes last",
		"getn one":              "getn -o=yaml nodes one last",
		"getn one -o json":      "getn -o=json nodes one last",
		"get pods --kuberc=off": "error: kuberc error kuberc: open off: no such file or directory",
	} {
		require.Equal(t, want, run(t, file, args), args)
	}
}

// run runs a command line with preferences, and returns what ran or the error.
func run(t *testing.T, file, args string) string {
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, ".kube"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".kube", "kuberc"), []byte(file), 0o644))
	var out bytes.Buffer
	f := factory.New(factory.Environment{Program: "kubectl", Home: home, Getenv: func(string) string { return "" }},
		factory.IOStreams{In: &out, Out: &out, ErrOut: &out})
	words := strings.Fields("kubectl " + args)
	overlay, err := ForRun(f, words)
	if err != nil {
		return "error: " + err.Error()
	}
	root, ran := tree()
	words, err = overlay.Apply(root, words[1:])
	require.NoError(t, err)
	root.SetArgs(words)
	require.NoError(t, root.Execute())
	require.Empty(t, out.String())
	return *ran
}
