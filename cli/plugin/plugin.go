// Package plugin is "kubectl plugin", and runs plugins: programs on the PATH
// whose names begin with kubectl- or kubejig-.
package plugin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/help"
)

// prefixes begin the file names of plugins. Of two plugins with the same words,
// that with the first prefix runs.
func prefixes() []string { return []string{"kubectl-", "kubejig-"} }

// words are those that call the plugin with a file name; ok is false for what is
// none.
func words(file string) (words string, ok bool) {
	if strings.TrimSuffix(file, ".exe") == failure.WholeProgram {
		return "", false
	}
	for _, prefix := range prefixes() {
		if words, ok := strings.CutPrefix(file, prefix); ok {
			return words, true
		}
	}
	return "", false
}

// New builds the command with its subcommand.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "plugin [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Provides utilities for interacting with plugins",
		Long:                  "Plugins are programs on your PATH whose names begin with kubectl- or kubejig-; kubectl-foo-bar is run by \"kubectl foo bar\".",
		RunE:                  help.Group(f.ErrOut),
	}
	l := &lister{f: f}
	list := &cobra.Command{
		Use:   "list",
		Short: "List all visible plugin executables on a user's PATH",
		RunE:  func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Root()) },
	}
	list.Flags().BoolVar(&l.nameOnly, "name-only", false, "Only names, without their folders.")
	cmd.AddCommand(list)
	return cmd
}

type lister struct {
	f        *factory.Factory
	nameOnly bool
}

func (l *lister) run(root *cobra.Command) error {
	found := Find(l.f, l.f.ErrOut)
	var problems []string
	if len(found) > 0 {
		fmt.Fprint(l.f.Out, "The following compatible plugins are available:\n\n")
	} else {
		problems = append(problems, "error: unable to find any kubectl plugins in your PATH")
	}
	warnings := 0
	seen := map[string]string{}
	for _, path := range found {
		if l.nameOnly {
			fmt.Fprintln(l.f.Out, filepath.Base(path))
		} else {
			fmt.Fprintln(l.f.Out, path)
		}
		for _, warning := range check(root, path, seen) {
			fmt.Fprintf(l.f.ErrOut, "  - %s\n", warning)
			warnings++
		}
	}
	switch warnings {
	case 0:
	case 1:
		problems = append(problems, "error: one plugin warning was found")
	default:
		problems = append(problems, fmt.Sprintf("error: %v plugin warnings were found", warnings))
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n") + "\n")
	}
	return nil
}

// Find lists the files on the PATH that are named like plugins. What can not be
// read is told on warnings.
func Find(f *factory.Factory, warnings io.Writer) []string {
	var found []string
	var seen []string
	for _, folder := range filepath.SplitList(f.Getenv("PATH")) {
		if slices.Contains(seen, folder) || strings.TrimSpace(folder) == "" {
			continue
		}
		seen = append(seen, folder)
		entries, err := os.ReadDir(folder)
		if err != nil {
			fmt.Fprintf(warnings, "Unable to read directory %q from your PATH: %v. Skipping...\n", folder, err)
			continue
		}
		for _, entry := range entries {
			if _, ok := words(entry.Name()); ok && !entry.IsDir() {
				found = append(found, filepath.Join(folder, entry.Name()))
			}
		}
	}
	return found
}

// Commands are the plugins as the program's help lists them: by the first word
// that calls them, without those that a command of root hides.
func Commands(f *factory.Factory, root *cobra.Command) []*cobra.Command {
	var commands []*cobra.Command
	var seen []string
	for _, path := range Find(f, io.Discard) {
		word := strings.ReplaceAll(strings.Split(filepath.Base(path), "-")[1], "_", "-")
		if _, _, err := root.Find([]string{word}); err == nil || slices.Contains(seen, word) {
			continue
		}
		seen = append(seen, word)
		commands = append(commands, &cobra.Command{
			Use:   word,
			Short: fmt.Sprintf("The command %s is a plugin installed by the user", word),
			Run:   func(*cobra.Command, []string) {}, // Others are not listed.
		})
	}
	return commands
}

// check says what is wrong with a plugin. seen has those before it by the words
// that call them.
func check(root *cobra.Command, path string, seen map[string]string) []string {
	name := filepath.Base(path)
	var warnings []string
	switch runs, err := executable(path); {
	case err != nil:
		warnings = append(warnings, fmt.Sprintf("error: unable to identify %s as an executable file: %v", path, err))
	case !runs:
		warnings = append(warnings, fmt.Sprintf("warning: %s identified as a kubectl plugin, but it is not executable", path))
	}
	calledBy, _ := words(name)
	if first, again := seen[calledBy]; again {
		warnings = append(warnings, fmt.Sprintf("warning: %s is overshadowed by a similarly named plugin: %s", path, first))
	} else {
		seen[calledBy] = path
	}
	if command, _, err := root.Find(strings.Split(name, "-")[1:]); err == nil {
		warnings = append(warnings, fmt.Sprintf("warning: %s overwrites existing command: %q", name, command.CommandPath()))
	}
	return warnings
}

func executable(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if runtime.GOOS == "windows" {
		return slices.Contains([]string{".bat", ".cmd", ".com", ".exe", ".ps1"}, strings.ToLower(filepath.Ext(path))), nil
	}
	return !info.IsDir() && info.Mode()&0o111 != 0, nil
}
