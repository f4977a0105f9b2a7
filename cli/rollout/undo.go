package rollout

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/describe"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

type undo struct {
	target     target
	print      *output.Flags
	toRevision int64
	dryRun     flags.DryRun
}

func newUndo(f *factory.Factory) *cobra.Command {
	o := &undo{print: flags.Print("rolled back")}
	cmd := &cobra.Command{
		Use:                   "undo (TYPE NAME | TYPE/NAME) [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Undo a previous rollout",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	cmd.Flags().Int64Var(&o.toRevision, "to-revision", 0, "Revision to go back to; 0 is the one before the last.")
	o.target.addFlags(cmd)
	flags.AddDryRun(cmd)
	o.print.AddFlags(cmd)
	return cmd
}

func (o *undo) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	result, err := o.target.find(f, args)
	if err != nil {
		return err
	}
	reader, err := newReader(f)
	if err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		warnIfApplied(f, info)
		done, err := o.rollBack(cmd.Context(), reader, info)
		if err != nil {
			return err
		}
		o.print.Names.Operation = done
		flags.PrintDryRun(o.print, o.dryRun)
		printer, err := o.print.Printer()
		if err != nil {
			return err
		}
		return printer.PrintObj(info.Object, f.Out)
	})
}

// warnIfApplied tells that the next apply compares with another version.
func warnIfApplied(f *factory.Factory, info *resource.Info) {
	accessor, err := meta.Accessor(info.Object)
	if err != nil {
		return
	}
	if _, ok := accessor.GetAnnotations()[lastapplied.Annotation]; !ok {
		return
	}
	fmt.Fprintf(f.ErrOut, "Warning: resource %[1]s was previously managed with '%[3]s apply'. "+
		"Rolling back will not update the %[2]s annotation, which may cause unexpected behavior on future '%[3]s apply' operations. "+
		"Consider using '%[3]s apply' with your previous configuration file instead.\n", info.ObjectName(), lastapplied.Annotation, f.Program)
}

// rollBack makes the workload an earlier version of itself, and says what was
// done.
func (o *undo) rollBack(ctx context.Context, reader *reader, info *resource.Info) (string, error) {
	if o.toRevision < 0 {
		return "", revisionNotFound(o.toRevision)
	}
	history, err := reader.read(ctx, info, "rollbacker")
	if err != nil {
		return "", err
	}
	to, err := o.choose(history)
	if err != nil {
		return "", err
	}
	if o.dryRun == flags.DryRunClient {
		text := describe.PodTemplate(to.template)
		if history.kind != "Deployment" {
			text = "will roll back to " + text
		}
		return text, nil
	}
	if history.paused {
		return "", fmt.Errorf("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
	}
	if to.current {
		return fmt.Sprintf("skipped rollback (current template already matches revision %d)", o.toRevision), nil
	}
	kind, patch, err := to.restore()
	if err == nil {
		err = reader.client.Patch(kind).Namespace(history.namespace).Resource(history.resource).Name(history.name).
			VersionedParams(&metav1.PatchOptions{DryRun: o.dryRun.Options()}, scheme.ParameterCodec()).
			Body(patch).Do(ctx).Error()
	}
	if err != nil {
		return "", fmt.Errorf("failed restoring revision %d: %v", o.toRevision, err)
	}
	return "rolled back", nil
}

func (o *undo) choose(history *history) (*revision, error) {
	if o.toRevision > 0 {
		if found := history.find(o.toRevision); found != nil {
			return found, nil
		}
		return nil, revisionNotFound(o.toRevision)
	}
	if previous := history.previous(); previous != nil {
		return previous, nil
	}
	if history.kind == "Deployment" {
		return nil, fmt.Errorf("no rollout history found for deployment %q", history.name)
	}
	return nil, fmt.Errorf("no last revision to roll back to")
}

func revisionNotFound(number int64) error {
	return fmt.Errorf("unable to find specified revision %v in history", number)
}
