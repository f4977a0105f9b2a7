package delete

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

// Options say how objects are deleted; apply, replace and run have them too.
type Options struct {
	Cascade     string
	GracePeriod int
	Force       bool
	Timeout     time.Duration
	Wait        bool
	DryRun      flags.DryRun

	policy metav1.DeletionPropagation
}

// AddFlags registers the flags; Wait is the default of --wait.
func (o *Options) AddFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&o.Cascade, "cascade", "background", `What becomes of the objects that these own: "background" deletes them afterwards, "foreground" before, "orphan" leaves them.`)
	set.Lookup("cascade").NoOptDefVal = "background"
	set.IntVar(&o.GracePeriod, "grace-period", -1, "Seconds that objects get to end in good order; negative for their own. 0 needs --force.")
	set.BoolVar(&o.Force, "force", false, "Remove the objects at once, whatever may still run for them.")
	set.DurationVar(&o.Timeout, "timeout", 0, "How long to wait for a deletion; 0 decides by the object.")
	set.BoolVar(&o.Wait, "wait", o.Wait, "Return only when the objects are gone.")
}

// Parse checks --cascade; its old boolean forms are warned of on errOut.
func (o *Options) Parse(errOut io.Writer) error {
	switch o.Cascade {
	case "orphan":
		o.policy = metav1.DeletePropagationOrphan
		return nil
	case "foreground":
		o.policy = metav1.DeletePropagationForeground
		return nil
	case "background":
		o.policy = metav1.DeletePropagationBackground
		return nil
	}
	on, err := strconv.ParseBool(o.Cascade)
	if err != nil {
		return fmt.Errorf(`invalid cascade value (%v). Must be "background", "foreground", or "orphan"`, o.Cascade)
	}
	name := "orphan"
	o.policy = metav1.DeletePropagationOrphan
	if on {
		name, o.policy = "background", metav1.DeletePropagationBackground
	}
	fmt.Fprintf(errOut, "warning: --cascade=%v is deprecated (boolean value) and can be replaced with --cascade=%s.\n", o.Cascade, name)
	return nil
}

// CompleteForce makes --force and --grace-period agree: no grace needs force,
// and force gives none.
func (o *Options) CompleteForce() {
	if o.GracePeriod == 0 && !o.Force {
		o.GracePeriod = 1
	}
	if o.Force && o.GracePeriod < 0 {
		o.GracePeriod = 0
	}
}

// APIOptions are the options as requests carry them.
func (o *Options) APIOptions() metav1.DeleteOptions {
	options := metav1.DeleteOptions{}
	if o.GracePeriod >= 0 {
		options = *metav1.NewDeleteOptions(int64(o.GracePeriod))
	}
	options.PropagationPolicy = &o.policy
	return options
}

// Delete asks the server to delete one object.
func (o *Options) Delete(info *resource.Info) (runtime.Object, error) {
	options := o.APIOptions()
	return resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.DryRun == flags.DryRunServer).
		DeleteWithOptions(info.Namespace, info.Name, &options)
}

// Message says what was done to the object.
func (o *Options) Message(info *resource.Info) string {
	done := "deleted"
	if o.GracePeriod == 0 {
		done = "force deleted"
	}
	if info.Namespaced() {
		done = fmt.Sprintf("%s from %s namespace", done, info.Namespace)
	}
	switch o.DryRun {
	case flags.DryRunClient:
		done += " (dry run)"
	case flags.DryRunServer:
		done += " (server dry run)"
	}
	return fmt.Sprintf("%s %q %s", kindOf(info), info.Name, done)
}

// Gone waits until an object does not exist, or is another one than id's (""
// for any). A timeout of 0 waits without an end.
func Gone(ctx context.Context, f *factory.Factory, info *resource.Info, id types.UID, timeout time.Duration) error {
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	// Who may delete and get need not be allowed to list.
	live, err := client.Resource(info.Mapping.Resource).Namespace(info.Namespace).Get(ctx, info.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	case id != "" && live.GetUID() != id:
		return nil
	}
	return Leaves(ctx, f, info, live.GetUID(), timeout)
}

// Leaves waits until an object that was just there does not exist, or is another
// one.
func Leaves(ctx context.Context, f *factory.Factory, info *resource.Info, id types.UID, timeout time.Duration) error {
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	where := client.Resource(info.Mapping.Resource).Namespace(info.Namespace)
	err = waiting.For(ctx, f, where, info.Name, timeout, func(object *unstructured.Unstructured) (bool, error) {
		return object == nil || object.GetUID() != id, nil
	})
	return waiting.OnTimeout(err, info.Mapping.Resource.Resource, info.Name)
}
