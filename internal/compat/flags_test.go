package compat

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/testkit"
)

// untried are flags that no script names, by command, and why.
var untried = map[string]string{
	"proxy --accept-paths": ask, "proxy --address": ask, "proxy --api-prefix": ask, "proxy --append-server-path": ask,
	"proxy --disable-filter": ask, "proxy --reject-methods": ask, "proxy --reject-paths": ask, "proxy --www-prefix": ask,
}

const ask = "proxy.txtar tries it in a plugin"

// TestFlagsAreTried requires that scripts name each flag of each command of the
// reference.
func TestFlagsAreTried(t *testing.T) {
	t.Parallel()
	reference := Program{Path: testkit.RequireBinary(t, "../../bin/reference/kubectl")}
	commands, global, err := ReadCommands(t.Context(), reference)
	require.NoError(t, err)
	tried := readFlags(t)
	anywhere := flagSet{}
	for _, words := range tried {
		maps.Copy(anywhere, words)
	}
	for _, flag := range global {
		require.True(t, anywhere.has(flag), "no script has --%s", flag.Name)
	}
	for _, command := range commands {
		for _, flag := range command.Flags {
			name := command.Name + " --" + flag.Name
			if untried[name] == "" && !tried[command.Name].has(flag) {
				t.Errorf("no script has kubectl %s", name)
			}
		}
	}
}

// flagSet are flags as they are written: "--all", "-A".
type flagSet map[string]bool

func (s flagSet) has(f Flag) bool { return s["--"+f.Name] || f.Shorthand != "" && s[f.Shorthand] }

// readFlags are the flags in all scripts, by command.
func readFlags(t *testing.T) map[string]flagSet {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	tried := map[string]flagSet{}
	for _, file := range files {
		script, err := ReadScript(file)
		require.NoError(t, err)
		for _, step := range script.Steps {
			words := step.Words
			if step.Verb == "signal" {
				words = strings.Join(strings.Fields(words)[2:], " ")
			} else if step.Verb != "kubectl" {
				continue
			}
			line, err := Step{Words: words}.commandLine(func(string) string { return "" })
			require.NoError(t, err, "%s: %s", file, step.Text)
			name := command(line.Args)
			if tried[name] == nil {
				tried[name] = flagSet{}
			}
			maps.Copy(tried[name], flagsIn(line.Args))
		}
	}
	return tried
}

// flagsIn are the flags of a command line; of short ones that stand together,
// which may be one and its value, the first.
func flagsIn(args []string) flagSet {
	found := flagSet{}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(name, "--"):
			found[name] = true
		case strings.HasPrefix(name, "-") && len(name) > 1:
			found[name[:2]] = true
		}
	}
	return found
}
