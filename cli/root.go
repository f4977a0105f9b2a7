package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/completion"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/profile"
)

// newRoot is the program's command tree. Only the subcommands that the
// arguments could mean are built, all of them if none is named: building the
// flags of a hundred commands takes longer than most of them run.
func newRoot(f *factory.Factory, p *profile.Profile, args []string) *cobra.Command {
	warningsAsErrors := false
	root := &cobra.Command{
		Use:           f.Program,
		Short:         f.Program + " controls Kubernetes clusters, real and fake",
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			f.Announce(cmd)
			if err := resolvePaths(cmd, f); err != nil {
				return err
			}
			return p.Start(cmd)
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
	f.AddConnectionFlags(root.PersistentFlags())
	f.Log.AddFlags(root.PersistentFlags())
	addCommands(root, f, args)
	help.Install(root, f.Out, groupTitles())
	completion.Install(root, f, args)
	return root
}

// addCommands builds the commands named in args, or all.
func addCommands(root *cobra.Command, f *factory.Factory, args []string) {
	named := slices.DeleteFunc(slices.Clone(verbs()), func(v verb) bool {
		return !slices.ContainsFunc(v.names, func(name string) bool { return slices.Contains(args, name) })
	})
	if len(named) == 0 || slices.ContainsFunc(args, needsWholeTree) {
		named = verbs()
	}
	for _, v := range named {
		cmd := v.build(f)
		cmd.GroupID = ""
		cmd.Annotations = mergeGroup(cmd.Annotations, v.group)
		root.AddCommand(cmd)
	}
}

// needsWholeTree tells arguments that show, complete or look up other commands.
func needsWholeTree(arg string) bool {
	return arg == "help" || arg == "plugin" || strings.HasPrefix(arg, cobra.ShellCompRequestCmd)
}

func mergeGroup(annotations map[string]string, group string) map[string]string {
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[help.GroupAnnotation] = group
	return annotations
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
