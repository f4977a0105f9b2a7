package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/completion"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/handover"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/plugin"
	"github.com/kubejig/kubejig/cli/preference"
	"github.com/kubejig/kubejig/cli/profile"
)

// newRoot is the program's command tree. Only the subcommands that the
// arguments could mean are built, all of them if none is named: building the
// flags of a hundred commands takes longer than most of them run. preferred are
// words of commands that the user's preferences mean.
func newRoot(f *factory.Factory, p *profile.Profile, args, preferred []string) *cobra.Command {
	warningsAsErrors := false
	root := &cobra.Command{
		Use:           f.Program,
		Short:         f.Program + " controls Kubernetes clusters, real and fake",
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !whole && handover.Needed(cmd) {
				return failure.ErrNeedsWhole
			}
			f.Announce(cmd)
			if original, ok := cmd.Annotations[preference.Original]; ok {
				f.Log.Infof(1, "cmd.go:371", "original command: %q", f.Program+" "+original)
			}
			if err := resolvePaths(cmd, f); err != nil {
				return err
			}
			if err := p.Start(cmd); err != nil {
				return err
			}
			return matchVersionFirst(cmd, f)
		},
		PersistentPostRunE: func(*cobra.Command, []string) error {
			if warningsAsErrors {
				return countedWarnings(f.WarningCount())
			}
			return nil
		},
	}
	root.SetOut(f.ErrOut) // Cobra's own output is warnings on deprecated flags.
	root.SetErr(f.ErrOut)
	root.SetIn(f.In)
	root.SetGlobalNormalizationFunc(dashes)
	root.PersistentFlags().BoolVar(&warningsAsErrors, "warnings-as-errors", false, "Fail if the server sent a warning.")
	p.AddFlags(root.PersistentFlags())
	if !preference.Disabled(f) {
		preference.AddFlag(root.PersistentFlags())
	}
	f.AddConnectionFlags(root.PersistentFlags())
	f.Log.AddFlags(root.PersistentFlags())
	addCommands(root, f, args, preferred)
	help.Install(root, f.Out, func() []help.Listing { return listings(root, f) })
	completion.Install(root, f, args)
	return root
}

// versionFirst are the commands that, as kubectl's do, compare versions
// (--match-server-version) before they look at their arguments.
var versionFirst = []string{"apply", "attach", "cp", "exec", "expose", "replace", "rollout status", "set env"}

func matchVersionFirst(cmd *cobra.Command, f *factory.Factory) error {
	_, name, _ := strings.Cut(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()), " ")
	if slices.Contains(versionFirst, name) {
		return f.MatchVersion()
	}
	return nil
}

// addCommands builds the commands named in args and the preferred ones, or all.
func addCommands(root *cobra.Command, f *factory.Factory, args, preferred []string) {
	all := verbs()
	if preference.Disabled(f) {
		all = slices.DeleteFunc(all, func(v verb) bool { return v.names[0] == "kuberc" })
	}
	named := verbsNamed(all, args)
	if len(named) == 0 || slices.ContainsFunc(args, needsWholeTree) {
		named = all
	} else if len(preferred) > 0 {
		named = verbsNamed(all, slices.Concat(args, preferred))
	}
	for _, v := range named {
		root.AddCommand(v.build(f))
	}
}

// verbsNamed are those verbs that are among the words.
func verbsNamed(verbs []verb, words []string) []verb {
	return slices.DeleteFunc(slices.Clone(verbs), func(v verb) bool {
		return !slices.ContainsFunc(v.names, func(name string) bool { return slices.Contains(words, name) })
	})
}

// needsWholeTree tells arguments that show, complete or look up other commands.
func needsWholeTree(arg string) bool {
	return arg == "help" || arg == "plugin" || strings.HasPrefix(arg, cobra.ShellCompRequestCmd)
}

// listings are the commands in the program's own help.
func listings(root *cobra.Command, f *factory.Factory) []help.Listing {
	built := map[string]*cobra.Command{}
	for _, cmd := range root.Commands() {
		built[cmd.Name()] = cmd
	}
	var all []help.Listing
	for _, title := range groupTitles() {
		listing := help.Listing{Title: title}
		if title == provided {
			listing.Commands = plugin.Commands(f, root)
		}
		for _, v := range verbs() {
			if cmd := built[v.names[0]]; cmd != nil && v.group == title {
				listing.Commands = append(listing.Commands, cmd)
			}
		}
		all = append(all, listing)
	}
	return all
}

// dashes lets flags be written with underscores.
func dashes(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
}

func countedWarnings(count int) error {
	switch count {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%d warning received", count)
	}
	return fmt.Errorf("%d warnings received", count)
}
