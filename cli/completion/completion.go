// Package completion is "kubectl completion".
package completion

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "completion SHELL",
		DisableFlagsInUseLine: true,
		Short:                 "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
		Long:                  "Print code that makes a shell complete commands, flags and names of objects. Have your shell read it when it starts.",
		Example: `  # In ~/.bashrc
  source <(kubectl completion bash)

  # In ~/.zshrc
  source <(kubectl completion zsh)`,
		RunE:      func(cmd *cobra.Command, args []string) error { return run(cmd, f, args) },
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
	}
}

func run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	switch len(args) {
	case 0:
		return failure.Usage(cmd, "Shell not specified.")
	case 1:
	default:
		return failure.Usage(cmd, "Too many arguments. Expected only the shell type.")
	}
	root := cmd.Root()
	switch args[0] {
	case "bash":
		return root.GenBashCompletionV2(f.Out, true)
	case "zsh":
		fmt.Fprintf(f.Out, "#compdef %[1]s\ncompdef _%[1]s %[1]s\n", root.Name())
		return root.GenZshCompletion(f.Out)
	case "fish":
		return root.GenFishCompletion(f.Out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(f.Out)
	}
	return failure.Usage(cmd, "Unsupported shell type %q.", args[0])
}
