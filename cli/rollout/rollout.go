// Package rollout is "kubectl rollout": it shows and steers how workloads go
// from one version of their pods to the next.
package rollout

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/resource"
)

// fieldManager is who rollout says it is.
const fieldManager = "kubectl-rollout"

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "rollout SUBCOMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Manage the rollout of a resource",
		Long:                  "Manage the rollout of one or many deployments, daemon sets or stateful sets.",
		RunE:                  help.Group(f.Out),
	}
	cmd.AddCommand(newHistory(f), newPause(f), newResume(f), newUndo(f), newStatus(f), newRestart(f))
	return cmd
}

// target is which workloads are meant.
type target struct {
	files     resource.FilenameOptions
	selector  string
	namespace string
}

func (t *target) addFlags(cmd *cobra.Command) {
	flags.AddFilenames(cmd, &t.files, "identifying the resource to get from a server.")
	flags.AddSelector(cmd, &t.selector)
}

// require fails if no workload is named.
func (t *target) require(args []string) error {
	if len(args) == 0 && flags.NoFiles(&t.files) {
		return fmt.Errorf("required resource not specified")
	}
	return nil
}

// find reads the workloads.
func (t *target) find(f *factory.Factory, args []string) (*resource.Result, error) {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	t.namespace = namespace
	if err := t.require(args); err != nil {
		return nil, err
	}
	builder := f.NewTypedBuilder().
		NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &t.files).
		LabelSelectorParam(t.selector).
		ResourceTypeOrNameArgs(true, args...).
		ContinueOnError().Latest().Flatten().Do()
	return result, result.Err()
}

func (t *target) sayNothingFound(f *factory.Factory) {
	fmt.Fprintf(f.ErrOut, "No resources found in %s namespace.\n", t.namespace)
}
