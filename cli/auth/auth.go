// Package auth is "kubectl auth": what a user may do, who they are, and roles
// brought into line with files.
package auth

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
)

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: "Inspect authorization",
		RunE:  help.Group(f.ErrOut),
	}
	cmd.AddCommand(newCanI(f), newReconcile(f), newWhoAmI(f))
	return cmd
}
