// Package completion is "kubectl completion", the code with which shells ask us
// what can come next, and answers them: cobra's hidden command __complete asks
// the tables in table.go, of which a command has a line and no code.
//
// Nothing is registered with cobra unless a shell asks.
package completion

import (
	"fmt"
	"strings"

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
  source <(kubectl completion zsh)

  # In ~/.config/fish/config.fish
  kubectl completion fish | source`,
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
	// Shells complete programs: "kubectl jig" is kubectl-jig.
	program := &cobra.Command{Use: strings.ReplaceAll(f.Program, " ", "-")}
	switch args[0] {
	case "bash":
		return program.GenBashCompletionV2(f.Out, true)
	case "zsh":
		fmt.Fprintf(f.Out, "#compdef %[1]s\ncompdef _%[1]s %[1]s\n", program.Name())
		return program.GenZshCompletion(f.Out)
	case "fish":
		return program.GenFishCompletion(f.Out, true)
	case "powershell":
		return program.GenPowerShellCompletionWithDesc(f.Out)
	}
	return failure.Usage(cmd, "Unsupported shell type %q.", args[0])
}
