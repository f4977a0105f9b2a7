// Package label is "kubectl label".
package label

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
	"k8s.io/apimachinery/pkg/types"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/tools/clientcmd"

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

	resources []string
	set       map[string]string
	remove    []string
	single    bool // One object was named.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("labeled"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
		DisableFlagsInUseLine: true,
		Short:                 "Update the labels on a resource",
		Example: `  # Set a label, change it, take it away
  kubectl label pods web tier=front
  kubectl label --overwrite pods web tier=back
  kubectl label pods web tier-`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.record.AddFlags(cmd)
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	set.BoolVar(&o.overwrite, "overwrite", false, "Change labels that have another value already.")
	set.BoolVar(&o.list, "list", false, "Show the labels.")
	set.BoolVar(&o.local, "local", false, "Change the objects in the files only; do not ask the server.")
	flags.AddFieldSelector(cmd, &o.fields)
	set.BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.StringVar(&o.resourceVersion, "resource-version", "", "Version that the object must have; only with a single object.")
	flags.AddFilenames(cmd, &o.files, "identifying the resource to update the labels")
	flags.AddDryRun(cmd)
	flags.AddFieldManager(cmd, &o.manager, "kubectl-label")
	flags.AddSelector(cmd, &o.selector)
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f, args); err != nil {
		return err
	}
	namespace, explicit, err := f.Namespace()
	if err != nil && !(o.local && clientcmd.IsEmptyConfig(err)) {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().LocalParam(o.local).ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace()
	builder.FilenameParam(explicit, &o.files).Flatten()
	if !o.local {
		builder.LabelSelectorParam(o.selector).FieldSelectorParam(o.fields).AllNamespaces(o.allNamespaces).
			ResourceTypeOrNameArgs(o.all, o.resources...).Latest()
	}
	result := builder.Do().IntoSingleItemImplied(&o.single)
	if err := result.Err(); err != nil {
		return err
	}
	if !o.single && o.resourceVersion != "" {
		return fmt.Errorf("--resource-version may only be used with a single resource")
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.label(f, info)
	})
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory, args []string) error {
	var err error
	o.record.Complete(cmd, f.Args)
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	resources, changes, err := pairs.Split(args, "label")
	if err != nil {
		return err
	}
	o.resources = resources
	if o.set, o.remove, err = parse(changes); err != nil {
		return err
	}
	if o.list && o.print.Format != "" {
		return fmt.Errorf("--list and --output may not be specified together")
	}
	return nil
}

func (o *options) validate() error {
	noFiles := flags.NoFiles(&o.files)
	switch {
	case o.all && o.selector != "":
		return fmt.Errorf("cannot set --all and --selector at the same time")
	case o.all && o.fields != "":
		return fmt.Errorf("cannot set --all and --field-selector at the same time")
	case o.local && o.dryRun == flags.DryRunServer:
		return fmt.Errorf("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
	case o.local && len(o.resources) > 0:
		return fmt.Errorf("can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set")
	case o.local && noFiles:
		return fmt.Errorf("one or more files must be specified as -f pod.yaml or --filename=pod.json")
	case len(o.resources) < 1 && noFiles:
		return fmt.Errorf("one or more resources must be specified as <resource> <name> or <resource>/<name>")
	case len(o.set) < 1 && len(o.remove) < 1 && !o.list:
		return fmt.Errorf("at least one label update is required")
	}
	return nil
}

// parse reads KEY=VALUE and KEY-.
func parse(changes []string) (set map[string]string, remove []string, err error) {
	set = map[string]string{}
	for _, change := range changes {
		switch parts := strings.Split(change, "="); {
		case len(parts) > 2:
			return nil, nil, fmt.Errorf("invalid label spec: %v", change)
		case len(parts) == 2:
			if problems := validation.IsValidLabelValue(parts[1]); len(problems) != 0 {
				return nil, nil, fmt.Errorf("invalid label value: %q: %s", change, strings.Join(problems, ";"))
			}
			set[parts[0]] = parts[1]
		case strings.HasSuffix(change, "-"):
			remove = append(remove, strings.TrimSuffix(change, "-"))
		default:
			return nil, nil, fmt.Errorf("unknown label spec: %v", change)
		}
	}
	for _, key := range remove {
		if _, both := set[key]; both {
			return nil, nil, fmt.Errorf("can not both modify and remove a label in the same command")
		}
	}
	return set, remove, nil
}

// label changes one object and says what was done.
func (o *options) label(f *factory.Factory, info *resource.Info) error {
	accessor, err := meta.Accessor(info.Object)
	if err != nil {
		return err
	}
	if o.resourceVersion != "" {
		accessor.SetResourceVersion("") // The patch shall contain the one asked for.
	}
	before, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	send := o.dryRun != flags.DryRunClient && !o.local && !o.list
	if send {
		for _, key := range o.remove {
			if _, ok := accessor.GetLabels()[key]; !ok {
				fmt.Fprintf(f.Out, "label %q not found.\n", key)
			}
		}
	}
	added, removed, err := o.change(accessor)
	if err != nil {
		return err
	}
	if send {
		_ = o.record.Record(info.Object)
		if added || removed {
			if err := o.patch(info, before); err != nil {
				return err
			}
		}
	}
	if o.list {
		o.printLabels(f, info, accessor)
		return nil
	}
	o.print.Names.Operation = outcome(added, removed)
	flags.PrintDryRun(o.print, o.dryRun)
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(info.Object, f.Out)
}

func outcome(added, removed bool) string {
	switch {
	case added && removed:
		return "modified"
	case added:
		return "labeled"
	case removed:
		return "unlabeled"
	}
	return "not labeled"
}

// change makes the changes and says of which sorts there were any.
func (o *options) change(object metav1.Object) (added, removed bool, err error) {
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	var conflicts []error
	for _, key := range slices.Sorted(maps.Keys(o.set)) {
		current, ok := labels[key]
		if ok && current != o.set[key] && !o.overwrite {
			conflicts = append(conflicts, fmt.Errorf("'%s' already has a value (%s), and --overwrite is false", key, current))
		}
		if !ok || current != o.set[key] {
			labels[key] = o.set[key]
			added = true
		}
	}
	if len(conflicts) > 0 {
		return false, false, utilerrors.NewAggregate(conflicts)
	}
	for _, key := range o.remove {
		if _, ok := labels[key]; ok {
			delete(labels, key)
			removed = true
		}
	}
	object.SetLabels(labels)
	if o.resourceVersion != "" {
		object.SetResourceVersion(o.resourceVersion)
	}
	return added, removed, nil
}

func (o *options) patch(info *resource.Info, before []byte) error {
	after, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	patch, err := jsonpatch.CreateMergePatch(before, after)
	if err != nil {
		return err
	}
	_, err = resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		Patch(info.Namespace, info.Name, types.MergePatchType, patch, nil)
	return err
}

func (o *options) printLabels(f *factory.Factory, info *resource.Info, object metav1.Object) {
	indent := ""
	if !o.single {
		indent = " "
		kind := info.Object.GetObjectKind().GroupVersionKind()
		fmt.Fprintf(f.Out, "Listing labels for %s.%s/%s:\n", kind.Kind, kind.Group, info.Name)
	}
	labels := object.GetLabels()
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(f.Out, "%s%s=%s\n", indent, key, labels[key])
	}
}
