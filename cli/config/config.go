// Package config is "kubectl config": it shows and changes kubeconfig files.
package config

import (
	"fmt"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/kubeconfig"
)

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "config SUBCOMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Modify kubeconfig files",
		Long: `Show and change kubeconfig files.

 Which file is meant:

  1. With --kubeconfig, that file and no other.
  2. Else, with $KUBECONFIG set, the files it lists, merged; a value is changed
     in the file that has it, a new one is made in the first file that exists,
     or in the last one listed.
  3. Else ~/.kube/config.`,
		RunE: help.Group(f.ErrOut),
	}
	cmd.AddCommand(
		newView(f),
		newSetCluster(f),
		newSetCredentials(f),
		newSetContext(f),
		newSet(f),
		newUnset(f),
		newCurrentContext(f),
		newUseContext(f),
		newGetContexts(f),
		newGetClusters(f),
		newGetUsers(f),
		newDeleteCluster(f),
		newDeleteContext(f),
		newDeleteUser(f),
		newRenameContext(f),
	)
	return cmd
}

// helpError shows the command's help and fails with the message.
func helpError(cmd *cobra.Command, format string, args ...any) error {
	if err := cmd.Help(); err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}

// rules are those of the factory, but leave paths in the files as they are.
func rules(f *factory.Factory) factory.LoadingRules {
	r := f.LoadingRules()
	r.DoNotResolvePaths = true
	return r
}

// load reads the merged kubeconfig files.
func load(f *factory.Factory) (*clientcmdapi.Config, error) {
	return rules(f).GetStartingConfig()
}

// update changes the kubeconfig files, in which paths become relative.
func update(f *factory.Factory, change func(*clientcmdapi.Config) error) error {
	return kubeconfig.Update(f, rules(f), true, change)
}

// fileOf is the file that messages name as the one being changed.
func fileOf(f *factory.Factory) string { return rules(f).GetDefaultFilename() }
