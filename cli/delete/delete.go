// Package delete is "kubectl delete".
package delete

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/raw"
	"github.com/kubejig/kubejig/cli/resource"
)

// forever stands for no timeout: a week.
const forever = 168 * time.Hour

// options are the flags of delete.
type options struct {
	files            resource.FilenameOptions
	selector, fields string
	all              bool
	allNamespaces    bool
	ignoreNotFound   bool
	interactive      bool
	now              bool
	output, raw      string
	guard            bool // Beyond kubectl.

	Options
	explicitNamespace bool
	namespace         string
	args              []string
	warnings          *printers.WarningPrinter
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{Options: Options{Wait: true}}
	cmd := &cobra.Command{
		Use:                   "delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
		DisableFlagsInUseLine: true,
		Short:                 "Delete resources by file names, stdin, resources and names, or by resources and label selector",
		Long: `Delete objects by file, by type and name, or by type and selector.

 Pods and some others end in good order: they have a grace period, which
 --grace-period and --now change. The command returns when the objects are gone,
 unless --wait=false. With --force the objects are removed at once, whatever may
 still be running for them.`,
		SuggestFor: []string{"rm", "remove"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.args = args
			return o.run(cmd, f)
		},
	}
	o.AddFlags(cmd)
	set := cmd.Flags()
	flags.AddFilenames(cmd, &o.files, "containing the resource to delete.")
	flags.AddSelector(cmd, &o.selector)
	flags.AddFieldSelector(cmd, &o.fields)
	set.BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, `Objects that do not exist count as deleted; "true" with --all and selectors.`)
	set.BoolVar(&o.now, "now", false, "A grace period of one second (same as --grace-period=1).")
	set.StringVarP(&o.output, "output", "o", "", `Output mode. Use "-o name" for shorter output (resource/name).`)
	set.StringVar(&o.raw, "raw", "", "Path to DELETE as it is, through the kubeconfig's connection.")
	set.BoolVarP(&o.interactive, "interactive", "i", false, "Ask before anything is deleted.")
	flags.AddDryRun(cmd)
	set.BoolVar(&o.guard, "guard", f.Getenv(guardVariable) == "true", "Say what goes with namespaces, custom resource definitions and volumes, and ask. Default: true if the variable "+guardVariable+" is.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	if o.raw != "" {
		if err := o.validate(); err != nil {
			return err
		}
		file := ""
		if len(o.files.Filenames) > 0 {
			file = o.files.Filenames[0]
		}
		return raw.Delete(cmd.Context(), f, o.raw, file)
	}
	result := o.find(f)
	if err := result.Err(); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	var only map[location]bool
	if o.interactive {
		var err error
		if only, err = o.confirm(f); err != nil || only == nil {
			return err
		}
	}
	if o.guard {
		if err := o.askGuard(cmd.Context(), f); err != nil {
			return err
		}
	}
	return o.delete(cmd.Context(), f, result, only)
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	if err := o.Parse(f.ErrOut); err != nil {
		return err
	}
	var err error
	if o.namespace, o.explicitNamespace, err = f.Namespace(); err != nil {
		return err
	}
	if (o.all || o.selector != "" || o.fields != "") && !cmd.Flags().Changed("ignore-not-found") {
		o.ignoreNotFound = true
	}
	if o.now {
		if o.GracePeriod != -1 {
			return fmt.Errorf("--now and --grace-period cannot be specified together")
		}
		o.GracePeriod = 1
	}
	o.CompleteForce()
	o.warnings = printers.NewWarningPrinter(f.ErrOut, printers.WarningPrinterOptions{Color: printers.AllowsColorOutput(f.ErrOut)})
	o.DryRun, err = flags.GetDryRun(cmd, f.ErrOut)
	return err
}

func (o *options) validate() error {
	switch {
	case o.output != "" && o.output != "name":
		return fmt.Errorf("unexpected -o output mode: %v. We only support '-o name'", o.output)
	case o.all && o.selector != "":
		return fmt.Errorf("cannot set --all and --selector at the same time")
	case o.all && o.fields != "":
		return fmt.Errorf("cannot set --all and --field-selector at the same time")
	case o.GracePeriod == 0 && o.Force:
		o.warnings.Print("Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.")
	case o.GracePeriod > 0 && o.Force:
		return fmt.Errorf("--force and --grace-period greater than 0 cannot be specified together")
	}
	if o.raw == "" {
		return nil
	}
	switch {
	case o.interactive:
		return fmt.Errorf("--interactive can not be used with --raw")
	case len(o.files.Filenames) > 1:
		return fmt.Errorf("--raw can only use a single local file or stdin")
	case len(o.files.Filenames) == 1 && factory.IsURL(o.files.Filenames[0]):
		return fmt.Errorf("--raw cannot read from a url")
	case o.files.Recursive:
		return fmt.Errorf("--raw and --recursive are mutually exclusive")
	case o.output != "":
		return fmt.Errorf("--raw and --output are mutually exclusive")
	}
	if err := factory.ValidRawPath(o.raw); err != nil {
		return fmt.Errorf("--raw must be a valid URL path: %v", err)
	}
	return nil
}

// find is what is to be deleted; it is read from the server only as far as it
// is not known from the command line.
func (o *options) find(f *factory.Factory) *resource.Result {
	builder := f.NewBuilder().Unstructured().ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace()
	return builder.FilenameParam(o.explicitNamespace, &o.files).
		LabelSelectorParam(o.selector).
		FieldSelectorParam(o.fields).
		SelectAllParam(o.all).
		AllNamespaces(o.allNamespaces).
		ResourceTypeOrNameArgs(false, o.args...).RequireObject(false).
		Flatten().
		Do()
}

// location is where an object is.
type location struct {
	resource        string
	namespace, name string
}

func locate(info *resource.Info) location {
	return location{info.Mapping.Resource.GroupResource().String(), info.Namespace, info.Name}
}

// confirm shows what would be deleted and asks. It returns what the user has
// seen, nil if the answer was no.
func (o *options) confirm(f *factory.Factory) (map[location]bool, error) {
	result := o.find(f)
	if err := result.Err(); err != nil {
		return nil, err
	}
	if o.ignoreNotFound {
		result.IgnoreErrors(apierrors.IsNotFound)
	}
	infos, err := result.Infos()
	if err != nil {
		return nil, err
	}
	if len(infos) == 0 {
		fmt.Fprintf(f.Out, "No resources found\n")
		return nil, nil
	}
	shown := map[location]bool{}
	fmt.Fprintf(f.Out, "You are about to delete the following %d resource(s):\n", len(infos))
	for _, info := range infos {
		shown[locate(info)] = true
		fmt.Fprintf(f.Out, "%s/%s\n", kindOf(info), info.Name)
	}
	fmt.Fprint(f.Out, "Do you want to continue? (y/N): ")
	var answer string
	if _, err := fmt.Fscanln(f.In, &answer); err != nil || !strings.EqualFold(answer, "y") {
		fmt.Fprintf(f.Out, "deletion is cancelled\n")
		return nil, nil
	}
	return shown, nil
}

// delete deletes what was found, or the part of it that is in only, and waits.
func (o *options) delete(ctx context.Context, f *factory.Factory, result *resource.Result, only map[location]bool) error {
	if o.ignoreNotFound {
		result = result.IgnoreErrors(apierrors.IsNotFound)
	}
	warnScope := o.explicitNamespace && !o.allNamespaces
	var deleted []*resource.Info
	ids := map[location]types.UID{}
	err := result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if only != nil && !only[locate(info)] {
			return nil
		}
		deleted = append(deleted, info)
		if warnScope && info.Mapping.Scope.Name() == meta.RESTScopeNameRoot {
			o.warnings.Print("deleting cluster-scoped resources, not scoped to the provided namespace")
			warnScope = false
		}
		if o.DryRun == flags.DryRunClient {
			o.print(f, info)
			return nil
		}
		answer, err := o.Delete(info)
		if err != nil {
			return failure.WithSource("deleting", info.Source, err)
		}
		o.print(f, info)
		ids[locate(info)] = deletedID(answer)
		return nil
	})
	if err != nil {
		return err
	}
	if len(deleted) == 0 {
		fmt.Fprintf(f.Out, "No resources found\n")
		return nil
	}
	if !o.Wait || o.DryRun != flags.DryRunNone {
		return nil
	}
	return o.waitFor(ctx, f, deleted, ids)
}

// deletedID is the UID of what was deleted: some answers are the object,
// others a status about it.
func deletedID(answer runtime.Object) types.UID {
	if status, ok := answer.(*metav1.Status); ok {
		if status.Details == nil {
			return ""
		}
		return status.Details.UID
	}
	accessor, err := meta.Accessor(answer)
	if err != nil {
		return ""
	}
	return accessor.GetUID()
}

func kindOf(info *resource.Info) string {
	kind := info.Mapping.GroupVersionKind
	if kind.Group == "" {
		return strings.ToLower(kind.Kind)
	}
	return strings.ToLower(kind.Kind) + "." + kind.Group
}

func (o *options) print(f *factory.Factory, info *resource.Info) {
	if o.output == "name" {
		fmt.Fprintf(f.Out, "%s/%s\n", kindOf(info), info.Name)
		return
	}
	fmt.Fprintln(f.Out, o.Message(info))
}

func (o *options) waitFor(ctx context.Context, f *factory.Factory, deleted []*resource.Info, ids map[location]types.UID) error {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = forever
	}
	return f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return untilAllGone(ctx, f, deleted, ids, timeout)
	})
}

func untilAllGone(ctx context.Context, f *factory.Factory, deleted []*resource.Info, ids map[location]types.UID, timeout time.Duration) error {
	for _, info := range deleted {
		err := Gone(ctx, f, info, ids[locate(info)], timeout)
		if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) {
			return nil // Whoever may not look can not wait.
		}
		if err != nil {
			return err
		}
	}
	return nil
}
