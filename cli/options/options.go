// Package options is "kubectl options": the flags that every command has.
package options

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
)

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "options",
		Short: "Print the list of flags inherited by all commands",
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(f.Out, "The following options can be passed to any command:\n\n%s", help.FlagUsages(cmd.InheritedFlags()))
		},
	}
}
