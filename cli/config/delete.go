package config

import (
	"fmt"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

func newDeleteCluster(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "delete-cluster NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Delete the specified cluster from the kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cmd.Help()
			}
			return remove(f, "cluster", args[0], func(config *clientcmdapi.Config) bool {
				_, ok := config.Clusters[args[0]]
				delete(config.Clusters, args[0])
				return ok
			})
		},
	}
}

func newDeleteContext(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "delete-context NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Delete the specified context from the kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cmd.Help()
			}
			return remove(f, "context", args[0], func(config *clientcmdapi.Config) bool {
				_, ok := config.Contexts[args[0]]
				if ok && config.CurrentContext == args[0] {
					fmt.Fprint(f.ErrOut, "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n")
				}
				delete(config.Contexts, args[0])
				return ok
			})
		},
	}
}

func newDeleteUser(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "delete-user NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Delete the specified user from the kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return failure.Usage(cmd, "user to delete is required")
			}
			return remove(f, "user", args[0], func(config *clientcmdapi.Config) bool {
				_, ok := config.AuthInfos[args[0]]
				delete(config.AuthInfos, args[0])
				return ok
			})
		},
	}
}

// remove writes the kubeconfig back without one of its entries. from removes
// it and says whether it was there.
func remove(f *factory.Factory, kind, name string, from func(*clientcmdapi.Config) bool) error {
	file := fileOf(f)
	err := update(f, func(config *clientcmdapi.Config) error {
		if !from(config) {
			return fmt.Errorf("cannot delete %s %s, not in %s", kind, name, file)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "deleted %s %s from %s\n", kind, name, file)
	return nil
}
