package completion

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/plugin"
)

// addPlugins adds a command for each plugin, where words, the command line to
// complete, may mean one.
func addPlugins(root *cobra.Command, f *factory.Factory, words []string) {
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		return
	}
	if len(words) > 1 {
		if slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == words[0] }) {
			return
		}
		root.ResetFlags() // Plugins only have flags of their own.
		debug(f, "Cleared global flags for plugin completion")
	}
	for _, path := range plugin.Find(f, io.Discard) {
		addPlugin(root, f, filepath.Base(path))
	}
}

// addPlugin adds the commands that a plugin's file name makes, below those that
// are there: kubectl-foo-a_b is "foo a-b".
func addPlugin(root *cobra.Command, f *factory.Factory, file string) {
	words := strings.Split(file, "-")[1:]
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "_", "-")
	}
	parent, missing, _ := root.Find(words) // An error only says that something is missing.
	for _, word := range missing {
		cmd := &cobra.Command{
			Use:                word,
			Short:              fmt.Sprintf("The command %s is a plugin installed by the user", word),
			DisableFlagParsing: true,
			Run:                func(*cobra.Command, []string) {}, // Others are not listed.
		}
		cmd.ValidArgsFunction = function(f, func(q question) ([]string, cobra.ShellCompDirective) {
			return q.askPlugin(cmd)
		})
		parent.AddCommand(cmd)
		parent = cmd
	}
}

// askPlugin asks the program that a plugin has for its completions, such as
// kubectl_complete-foo for kubectl-foo. It prints one a line, and the directive
// for the shell as ":NUMBER" in the last.
func (q question) askPlugin(cmd *cobra.Command) ([]string, cobra.ShellCompDirective) {
	words := strings.Fields(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()))
	name := strings.ReplaceAll(strings.Join(words, " "), "-", "_")
	name = strings.ReplaceAll(name, " ", "-")
	debug(q.Factory, "About to look for: kubectl_complete-%s", name)
	path := q.OnPath("kubectl_complete-" + name)
	if path == "" {
		path = q.OnPath("kubejig_complete-" + name)
	}
	if path == "" {
		debug(q.Factory, "Plugin kubectl-%s does not provide a matching completion executable", name)
		return nil, cobra.ShellCompDirectiveDefault
	}
	args := append(slices.Clone(q.args), q.typed)
	debug(q.Factory, "About to call: %s %s", path, strings.Join(args, " "))
	output, err := plugin.Output(q.ctx, q.Factory, path, args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return parse(output)
}

// parse reads what such a program prints.
func parse(output string) ([]string, cobra.ShellCompDirective) {
	lines := slices.DeleteFunc(strings.Split(output, "\n"), func(line string) bool { return line == "" })
	if last := len(lines) - 1; last >= 0 {
		number, isDirective := strings.CutPrefix(lines[last], ":")
		if directive, err := strconv.Atoi(number); isDirective && err == nil {
			return lines[:last], cobra.ShellCompDirective(directive)
		}
	}
	return lines, cobra.ShellCompDirectiveDefault
}

// debug tells, as cobra does, what happens; shells do not show it.
func debug(f *factory.Factory, format string, args ...any) {
	fmt.Fprintf(f.ErrOut, "[Debug] "+format+"\n", args...)
}
