// Package drain is "kubectl cordon", "uncordon" and "drain": it keeps pods
// off nodes, and moves those away that are there.
package drain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// options are the flags of the three commands; cordon and uncordon have few
// of them.
type options struct {
	f        *factory.Factory
	print    *output.Flags
	selector string
	dryRun   flags.DryRun
	client   rest.Interface

	force, ignoreDaemonSets, deleteEmptyDirData bool
	disableEviction                             bool
	gracePeriod, skipDeletedAfter               int
	timeout                                     time.Duration
	podSelector                                 string
	chunkSize                                   int64
}

func newOptions(f *factory.Factory) *options {
	return &options{f: f, print: flags.Print("drained"), gracePeriod: -1, chunkSize: flags.ChunkSize}
}

// NewCordon builds "cordon".
func NewCordon(f *factory.Factory) *cobra.Command {
	return newCordon(f, "cordon NODE", "Mark node as unschedulable", true)
}

// NewUncordon builds "uncordon".
func NewUncordon(f *factory.Factory) *cobra.Command {
	return newCordon(f, "uncordon NODE", "Mark node as schedulable", false)
}

func newCordon(f *factory.Factory, use, short string, unschedulable bool) *cobra.Command {
	o := newOptions(f)
	cmd := &cobra.Command{
		Use:                   use,
		DisableFlagsInUseLine: true,
		Short:                 short,
		RunE: func(cmd *cobra.Command, args []string) error {
			nodes, err := o.complete(cmd, args)
			if err != nil {
				return err
			}
			return o.cordon(cmd.Context(), nodes, unschedulable)
		},
	}
	flags.AddSelector(cmd, &o.selector)
	flags.AddDryRun(cmd)
	return cmd
}

// New builds "drain".
func New(f *factory.Factory) *cobra.Command {
	o := newOptions(f)
	cmd := &cobra.Command{
		Use:                   "drain NODE",
		DisableFlagsInUseLine: true,
		Short:                 "Drain node in preparation for maintenance",
		Long: `Cordon the node, and evict or delete its pods.

 Pods of daemon sets would come back at once: they stay, but only with
 --ignore-daemonsets. Pods that nothing would make anew need --force; pods that
 would lose data in an emptyDir need --delete-emptydir-data. Evictions wait
 until disruption budgets allow them.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			nodes, err := o.complete(cmd, args)
			if err != nil {
				return err
			}
			return o.drainAll(cmd.Context(), nodes)
		},
	}
	set := cmd.Flags()
	set.BoolVar(&o.force, "force", false, "Go on even if there are pods that have no controller.")
	set.BoolVar(&o.ignoreDaemonSets, "ignore-daemonsets", false, "Leave the pods of daemon sets where they are.")
	set.BoolVar(&o.deleteEmptyDirData, "delete-emptydir-data", false, "Go on even if there are pods with an emptyDir, whose data will be lost.")
	set.IntVar(&o.gracePeriod, "grace-period", -1, "Seconds that pods get to end in good order; negative for their own.")
	set.DurationVar(&o.timeout, "timeout", 0, "How long to wait; 0 is for ever.")
	set.StringVar(&o.podSelector, "pod-selector", "", "Only pods whose labels fit.")
	set.BoolVar(&o.disableEviction, "disable-eviction", false, "Delete instead of evict, whatever disruption budgets say.")
	set.IntVar(&o.skipDeletedAfter, "skip-wait-for-delete-timeout", 0, "Do not wait for pods that were deleted so many seconds ago, if more than 0.")
	flags.AddChunkSize(cmd, &o.chunkSize)
	flags.AddDryRun(cmd)
	flags.AddSelector(cmd, &o.selector)
	return cmd
}

// complete checks the arguments and reads the nodes.
func (o *options) complete(cmd *cobra.Command, args []string) ([]*resource.Info, error) {
	if len(args) == 0 && !cmd.Flags().Changed("selector") {
		return nil, failure.Usage(cmd, "USAGE: %s [flags]", cmd.Use)
	}
	if len(args) > 0 && o.selector != "" {
		return nil, failure.Usage(cmd, "error: cannot specify both a node name and a --selector option")
	}
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, o.f.ErrOut); err != nil {
		return nil, err
	}
	if o.client, err = o.f.TypedClient(corev1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	if _, err := labels.Parse(o.podSelector); err != nil {
		return nil, errors.New("--pod-selector=<pod_selector> must be a valid label selector")
	}
	namespace, _, err := o.f.Namespace()
	if err != nil {
		return nil, err
	}
	builder := o.f.NewTypedBuilder().
		NamespaceParam(namespace).DefaultNamespace().
		RequestChunksOf(o.chunkSize).
		ResourceNames("nodes", args...).
		SingleResourceType().Flatten()
	if o.selector != "" {
		builder.LabelSelectorParam(o.selector).ResourceTypes("nodes")
	}
	result := builder.Do()
	if err := result.Err(); err != nil {
		return nil, err
	}
	var nodes []*resource.Info
	return nodes, result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if where := info.Mapping.Resource; where.Group != "" || where.Resource != "nodes" {
			return fmt.Errorf("error: expected resource of type node, got %q", where)
		}
		nodes = append(nodes, info)
		return nil
	})
}

// say prints what was done to an object.
func (o *options) say(object runtime.Object, done string) error {
	o.print.Names.Operation = done
	flags.PrintDryRun(o.print, o.dryRun)
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(object, o.f.Out)
}

// drainAll drains node after node, whatever becomes of the others.
func (o *options) drainAll(ctx context.Context, nodes []*resource.Info) error {
	if err := o.cordon(ctx, nodes, true); err != nil {
		return err
	}
	var errs []error
	var pending []string
	for _, node := range nodes {
		err := o.drain(ctx, node.Name)
		if err == nil {
			if err := o.say(node.Object, "drained"); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(o.f.ErrOut, "error: unable to drain node %q due to error: %s, continuing command...\n", node.Name, err)
		errs = append(errs, err)
		pending = append(pending, node.Name)
	}
	if len(pending) > 0 {
		fmt.Fprintf(o.f.ErrOut, "There are pending nodes to be drained:\n")
		for _, name := range pending {
			fmt.Fprintf(o.f.ErrOut, " %s\n", name)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// drain moves the pods away from one node.
func (o *options) drain(ctx context.Context, node string) error {
	list, err := o.podsOn(ctx, node)
	if err != nil {
		return err
	}
	if warnings := list.warnings(); warnings != "" {
		color := printers.AllowsColorOutput(o.f.ErrOut)
		printers.NewWarningPrinter(o.f.ErrOut, printers.WarningPrinterOptions{Color: color}).Print(warnings)
	}
	leaving := list.leaving()
	if o.dryRun == flags.DryRunClient {
		for _, pod := range leaving {
			fmt.Fprintf(o.f.Out, "evicting pod %s/%s (dry run)\n", pod.Namespace, pod.Name)
		}
		return nil
	}
	moveErr := o.move(ctx, leaving)
	if moveErr == nil {
		return nil
	}
	rest, err := o.podsOn(ctx, node)
	if left := rest.leaving(); len(left) != 0 {
		fmt.Fprintf(o.f.ErrOut, "There are pending pods in node %q when an error occurred: %v\n", node, moveErr)
		for _, pod := range left {
			fmt.Fprintf(o.f.ErrOut, "pod/%s\n", pod.Name)
		}
	}
	if err != nil {
		fmt.Fprintf(o.f.ErrOut, "Following errors occurred while getting the list of pods to delete:\n%s", err)
	}
	return moveErr
}
