// Package annotate is "kubectl annotate".
package annotate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/pairs"
	"github.com/kubejig/kubejig/cli/resource"
)

type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions

	overwrite, list, local bool
	all, allNamespaces     bool
	selector, fields       string
	resourceVersion        string
	manager                string
	dryRun                 flags.DryRun

	printer   printers.ResourcePrinter
	resources []string
	changes   pairs.Changes
	single    bool // One object was named.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("annotated"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
		DisableFlagsInUseLine: true,
		Short:                 "Update the annotations on a resource",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.print.AddFlags(cmd)
	o.record.AddFlags(cmd)
	set := cmd.Flags()
	set.BoolVar(&o.overwrite, "overwrite", false, "Change annotations that have another value already.")
	set.BoolVar(&o.list, "list", false, "Show the annotations.")
	set.BoolVar(&o.local, "local", false, "Change the objects in the files only; do not ask the server.")
	set.BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.StringVar(&o.resourceVersion, "resource-version", "", "Version that the object must have; only with a single object.")
	o.files.Recursive = true
	flags.AddFilenames(cmd, &o.files, "identifying the resource to update the annotation")
	flags.AddDryRun(cmd)
	flags.AddFieldManager(cmd, &o.manager, "kubectl-annotate")
	flags.AddSelector(cmd, &o.selector)
	flags.AddFieldSelector(cmd, &o.fields)
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f, args); err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().LocalParam(o.local).ContinueOnError()
	namespace, explicit, err := f.Namespace()
	if err != nil && !o.local {
		builder.AddError(err) // One among all that is wrong.
	}
	builder.NamespaceParam(namespace).DefaultNamespace()
	builder.FilenameParam(explicit, &o.files).Flatten()
	if !o.local {
		builder.AllNamespaces(o.allNamespaces).LabelSelectorParam(o.selector).FieldSelectorParam(o.fields).
			ResourceTypeOrNameArgs(o.all, o.resources...).Latest()
	}
	result := builder.Do().IntoSingleItemImplied(&o.single)
	if !o.single && o.resourceVersion != "" {
		return fmt.Errorf("--resource-version may only be used with a single resource")
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.annotate(f, info)
	})
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory, args []string) error {
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	resources, changes, err := pairs.Split(args, "annotation")
	if err != nil {
		return err
	}
	o.resources = resources
	if o.changes, err = pairs.Parse(changes, "annotation"); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	o.record.Complete(cmd, f.Args)
	flags.PrintDryRun(o.print, o.dryRun)
	o.printer, err = o.print.Printer()
	return err
}

func (o *options) validate() error {
	noFiles := flags.NoFiles(&o.files)
	switch {
	case o.list && o.print.Format != "":
		return fmt.Errorf("--list and --output may not be specified together")
	case o.all && o.selector != "":
		return fmt.Errorf("cannot set --all and --selector at the same time")
	case o.all && o.fields != "":
		return fmt.Errorf("cannot set --all and --field-selector at the same time")
	case !o.local && len(o.resources) < 1 && noFiles:
		return fmt.Errorf("one or more resources must be specified as <resource> <name> or <resource>/<name>")
	case o.local && o.dryRun == flags.DryRunServer:
		return fmt.Errorf("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
	case o.local && len(o.resources) > 0:
		return fmt.Errorf("can only use local files by -f rsrc.yaml or --filename=rsrc.json when --local=true is set")
	case o.local && noFiles:
		return fmt.Errorf("one or more files must be specified as -f rsrc.yaml or --filename=rsrc.json")
	case len(o.changes.Set) < 1 && len(o.changes.Remove) < 1 && !o.list:
		return fmt.Errorf("at least one annotation update is required")
	}
	var both []string
	for _, key := range o.changes.Remove {
		if _, ok := o.changes.Set[key]; ok {
			both = append(both, key)
		}
	}
	if len(both) > 0 {
		return fmt.Errorf("can not both modify and remove the following annotation(s) in the same command: %s", strings.Join(both, ", "))
	}
	return nil
}

// annotate changes one object and says what was done.
func (o *options) annotate(f *factory.Factory, info *resource.Info) error {
	accessor, err := meta.Accessor(info.Object)
	if err != nil {
		return err
	}
	changed := info.Object
	if o.dryRun == flags.DryRunClient || o.local || o.list {
		err = o.change(accessor)
	} else {
		changed, err = o.patch(info, accessor)
	}
	if err != nil {
		return err
	}
	if o.list {
		return o.printAnnotations(f, info, changed)
	}
	return o.printer.PrintObj(changed, f.Out)
}

func (o *options) change(object metav1.Object) error {
	annotations := object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	if !o.overwrite {
		if err := conflicts(annotations, o.changes.Set); err != nil {
			return err
		}
	}
	maps.Copy(annotations, o.changes.Set)
	for _, key := range o.changes.Remove {
		delete(annotations, key)
	}
	object.SetAnnotations(annotations)
	if o.resourceVersion != "" {
		object.SetResourceVersion(o.resourceVersion)
	}
	return nil
}

// conflicts lists annotations that have another value already.
func conflicts(annotations, set map[string]string) error {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(set)) {
		current, ok := annotations[key]
		if ok && current != set[key] && key != changecause.Annotation {
			found = append(found, fmt.Sprintf("'%s' already has a value (%s)", key, current))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("--overwrite is false but found the following declared annotation(s): %s", strings.Join(found, "; "))
}

func (o *options) patch(info *resource.Info, object metav1.Object) (runtime.Object, error) {
	if o.resourceVersion != "" {
		object.SetResourceVersion("") // The patch shall contain the one asked for.
	}
	before, err := json.Marshal(info.Object)
	if err != nil {
		return nil, err
	}
	_ = o.record.Record(info.Object)
	if err := o.change(object); err != nil {
		return nil, err
	}
	after, err := json.Marshal(info.Object)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.CreateMergePatch(before, after)
	if err != nil {
		return nil, err
	}
	return resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		Patch(info.Namespace, info.Name, types.MergePatchType, patch, nil)
}

func (o *options) printAnnotations(f *factory.Factory, info *resource.Info, object runtime.Object) error {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	indent := ""
	if !o.single {
		indent = " "
		kind := info.Object.GetObjectKind().GroupVersionKind()
		fmt.Fprintf(f.Out, "Listing annotations for %s.%s/%s:\n", kind.Kind, kind.Group, info.Name)
	}
	annotations := accessor.GetAnnotations()
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		fmt.Fprintf(f.Out, "%s%s=%s\n", indent, key, annotations[key])
	}
	return nil
}
