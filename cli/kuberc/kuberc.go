// Package kuberc is "kubectl kuberc": it shows and changes the file of the
// user's preferences.
package kuberc

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/preference"
)

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "kuberc SUBCOMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Manage kuberc configuration files",
		Long:                  "Show and change your preferences: other defaults for flags, aliases for commands, and which credential plugins may run.",
		Example: `  # All that is preferred
  kubectl kuberc view

  # Wide tables from now on
  kubectl kuberc set --section defaults --command get --option output=wide

  # "kubectl getn" for "kubectl get nodes"
  kubectl kuberc set --section aliases --name getn --command get --prependarg nodes`,
		RunE: help.Group(f.ErrOut),
	}
	cmd.AddCommand(newView(f), newSet(f))
	return cmd
}

// locate is the file that the command works with.
func locate(cmd *cobra.Command, f *factory.Factory) (preference.File, error) {
	file, err := preference.Locate(f, cmd.Flag("kuberc").Value.String())
	if err == nil && file.Path == "" {
		err = errors.New("KUBERC is disabled via KUBERC=off environment variable")
	}
	return file, err
}
