// Package alpha is "kubectl alpha": the commands that are not settled yet. In
// this release there are none.
package alpha

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
)

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{Use: "alpha", Short: "Commands for features in alpha"}
	cmd.SetHelpFunc(func(*cobra.Command, []string) {
		fmt.Fprintln(f.ErrOut, "No alpha commands are available in this version of kubectl")
	})
	return cmd
}
