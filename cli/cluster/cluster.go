// Package cluster is the commands that start, stop and steer fake clusters:
// kubejig cluster.
//
// A cluster in the background is this program, started again with
// --foreground. What the commands know of it stands in a folder per cluster
// below ~/.kube/kubejig; a process that is gone leaves nothing that would stop
// a new start. The package uses the public fixture (package fakecluster), and
// nothing of the engine below.
package cluster

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

// DefaultName is the cluster that is meant when none is named.
const DefaultName = "kubejig"

// New is the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster COMMAND",
		Short: "Start and steer fake clusters",
		Long: "Start and steer fake clusters: a whole Kubernetes in one process, with an API server,\n" +
			"controllers, a scheduler, simulated nodes and a clock of its own.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return failure.Usage(cmd, "unknown command %q", args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(
		newStart(f), newRun(f), newStop(f), newDelete(f), newStatus(f), newList(f), newAdvance(f), newSettle(f),
	)
	return cmd
}

// atMostName accepts the name of a cluster, or none.
func atMostName(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return failure.Usage(cmd, "name one cluster, not %d", len(args))
	}
	return nil
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return failure.Usage(cmd, "unexpected argument %q", args[0])
	}
	return nil
}

// nameArgument is the cluster that a command's arguments name.
func nameArgument(args []string) string {
	if len(args) == 0 {
		return DefaultName
	}
	return args[0]
}
