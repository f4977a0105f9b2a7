// Package scale is "kubectl scale".
package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

const (
	retryInterval = time.Second     // After a conflict.
	retryTimeout  = 5 * time.Minute // For all retries.
)

type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions

	selector, resourceVersion string
	all                       bool
	replicas, current         int
	timeout                   time.Duration
	dryRun                    flags.DryRun

	printer printers.ResourcePrinter
	scales  *client
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: output.New("scaled"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
		DisableFlagsInUseLine: true,
		Short:                 "Set a new size for a deployment, replica set, or replication controller",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.record.AddFlags(cmd)
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	set.BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	set.StringVar(&o.resourceVersion, "resource-version", "", "Version that the object must have.")
	set.IntVar(&o.current, "current-replicas", -1, "Size that the object must have; -1 for any.")
	set.IntVar(&o.replicas, "replicas", 0, "The new size.")
	_ = cmd.MarkFlagRequired("replicas")
	set.DurationVar(&o.timeout, "timeout", 0, "How long to wait until the new size is there; 0 does not wait.")
	flags.AddFilenames(cmd, &o.files, "identifying the resource to set a new size")
	flags.AddDryRun(cmd)
	flags.AddSelector(cmd, &o.selector)
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	if o.replicas < 0 {
		return fmt.Errorf("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
	}
	if o.current < -1 {
		return fmt.Errorf("The --current-replicas must specify an integer of -1 or greater")
	}
	builder := f.NewBuilder().Unstructured().ContinueOnError().NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &o.files).
		ResourceTypeOrNameArgs(o.all, args...).Flatten().LabelSelectorParam(o.selector).Do()
	if err := result.Err(); err != nil {
		return err
	}
	infos, infoErr := result.Infos()
	if o.resourceVersion != "" && len(infos) > 1 {
		return fmt.Errorf("cannot use --resource-version with multiple resources")
	}
	if len(infos) == 0 {
		if infoErr != nil {
			return infoErr
		}
		return fmt.Errorf("no objects passed to scale")
	}
	for _, info := range infos {
		if err := o.scale(cmd.Context(), f, info); err != nil {
			return err
		}
	}
	return infoErr
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	o.record.Complete(cmd, f.Args)
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	flags.PrintDryRun(o.print, o.dryRun)
	if o.printer, err = o.print.Printer(); err != nil {
		return err
	}
	o.scales, err = newClient(f)
	return err
}

func (o *options) scale(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	size := int32(o.replicas)
	if o.dryRun != flags.DryRunClient {
		var err error
		if size, err = o.setSize(ctx, info); err != nil {
			return err
		}
		if o.timeout != 0 && o.dryRun == flags.DryRunNone {
			if err := o.wait(ctx, f, info); err != nil {
				return err
			}
		}
	}
	if err := showReplicas(info, int64(size)); err != nil {
		return err
	}
	if o.dryRun != flags.DryRunClient {
		o.recordCause(info)
	}
	return o.printer.PrintObj(info.Object, f.Out)
}

// setSize sets the size, again and again while others change the object.
func (o *options) setSize(ctx context.Context, info *resource.Info) (int32, error) {
	ctx, cancel := context.WithTimeout(ctx, retryTimeout)
	defer cancel()
	for {
		size, err := o.trySize(ctx, info)
		if !apierrors.IsConflict(err) {
			return size, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(retryInterval):
		}
	}
}

func (o *options) trySize(ctx context.Context, info *resource.Info) (int32, error) {
	updated, err := o.change(ctx, scaled(info))
	if err != nil {
		return 0, err
	}
	return updated.Spec.Replicas, nil
}

func (o *options) change(ctx context.Context, what object) (*subresource, error) {
	if o.current == -1 && o.resourceVersion == "" {
		patch, err := json.Marshal(map[string]any{"spec": map[string]any{"replicas": o.replicas}})
		if err != nil {
			return nil, err
		}
		return o.scales.patch(ctx, what, patch, o.dryRun.Options())
	}
	scale, err := o.scales.get(ctx, what)
	if err != nil {
		return nil, err
	}
	if err := o.check(scale); err != nil {
		return nil, err
	}
	scale.Spec.Replicas = int32(o.replicas)
	return o.scales.update(ctx, what, scale, o.dryRun.Options())
}

func scaled(info *resource.Info) object {
	return object{info.Mapping.Resource, info.Namespace, info.Name}
}

// check compares the preconditions.
func (o *options) check(scale *subresource) error {
	failed := func(what, expected, actual string) error {
		return fmt.Errorf("Expected %s to be %s, was %s", what, expected, actual)
	}
	if o.current != -1 && int(scale.Spec.Replicas) != o.current {
		return failed("replicas", strconv.Itoa(o.current), strconv.Itoa(int(scale.Spec.Replicas)))
	}
	if o.resourceVersion != "" && scale.ResourceVersion != o.resourceVersion {
		return failed("resource version", o.resourceVersion, scale.ResourceVersion)
	}
	return nil
}

// wait waits until the size is there, or somebody wants another.
func (o *options) wait(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	if o.timeout > 0 { // That of the requests that the condition makes, too.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, waiting.ErrTimeout)
		defer cancel()
	}
	there := func(*unstructured.Unstructured) (bool, error) {
		scale, err := o.scales.get(ctx, scaled(info))
		if err != nil {
			return false, err
		}
		wanted := int32(o.replicas)
		return scale.Spec.Replicas != wanted || scale.Status.Replicas == wanted, nil
	}
	err = waiting.For(ctx, f, client.Resource(info.Mapping.Resource).Namespace(info.Namespace), info.Name, o.timeout, there)
	if err == waiting.ErrTimeout {
		return fmt.Errorf("timed out waiting for %q to be synced", info.Name)
	}
	return err
}

// showReplicas puts the size into the object that is printed, where the field
// is known.
func showReplicas(info *resource.Info, replicas int64) error {
	object, ok := info.Object.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	if group := object.GroupVersionKind().Group; group != "apps" && group != "" {
		return nil
	}
	return unstructured.SetNestedField(object.Object, replicas, "spec", "replicas")
}

func (o *options) recordCause(info *resource.Info) {
	patch, err := o.record.Patch(info.Object)
	if err != nil || len(patch) == 0 {
		return
	}
	_, _ = resource.NewHelper(info.Client, info.Mapping).Patch(info.Namespace, info.Name, types.MergePatchType, patch, nil)
}
