package apply

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

type viewLastApplied struct {
	files            resource.FilenameOptions
	selector, output string
	all              bool
}

func newViewLastApplied(f *factory.Factory) *cobra.Command {
	o := &viewLastApplied{}
	cmd := &cobra.Command{
		Use:                   "view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
		DisableFlagsInUseLine: true,
		Short:                 "View the latest last-applied-configuration annotations of a resource/object",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "yaml", "Output format. Must be one of (yaml, json)")
	cmd.Flags().BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	flags.AddFilenames(cmd, &o.files, "that contains the last-applied-configuration annotations")
	flags.AddSelector(cmd, &o.selector)
	return cmd
}

func (o *viewLastApplied) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &o.files).
		ResourceTypeOrNameArgs(explicit, args...).
		SelectAllParam(o.all).
		LabelSelectorParam(o.selector).
		Latest().Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	var configurations [][]byte
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		kept, err := lastapplied.Get(info.Object)
		if err != nil {
			return err
		}
		if kept == nil {
			return failure.WithSource(fmt.Sprintf("no last-applied-configuration annotation found on resource: %s\n", info.Name), info.Source, err)
		}
		configurations = append(configurations, kept)
		return nil
	})
	if err != nil {
		return err
	}
	for _, configuration := range configurations {
		if err := o.print(cmd, f, configuration); err != nil {
			return err
		}
	}
	return nil
}

func (o *viewLastApplied) print(cmd *cobra.Command, f *factory.Factory, configuration []byte) error {
	switch o.output {
	case "json":
		var indented bytes.Buffer
		if err := json.Indent(&indented, configuration, "", "  "); err != nil {
			return err
		}
		fmt.Fprint(f.Out, indented.String())
		return nil
	case "yaml":
		text, err := yaml.JSONToYAML(configuration)
		if err != nil {
			return err
		}
		fmt.Fprint(f.Out, string(text))
		return nil
	}
	return failure.Usage(cmd, "Unexpected -o output mode: %s, the flag 'output' must be one of yaml|json", o.output)
}

type setLastApplied struct {
	print  *output.Flags
	files  resource.FilenameOptions
	create bool
}

func newSetLastApplied(f *factory.Factory) *cobra.Command {
	o := &setLastApplied{print: flags.Print("configured")}
	cmd := &cobra.Command{
		Use:                   "set-last-applied -f FILENAME",
		DisableFlagsInUseLine: true,
		Short:                 "Set the last-applied-configuration annotation on a live object to match the contents of a file",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return o.run(cmd, f) },
	}
	o.print.AddFlags(cmd)
	flags.AddDryRun(cmd)
	cmd.Flags().BoolVar(&o.create, "create-annotation", false, "Also give the annotation to objects that have none.")
	flags.AddFilename(cmd.Flags(), &o.files.Filenames, "that contains the last-applied-configuration annotations")
	return cmd
}

// annotated is an object whose annotation is to become patch's.
type annotated struct {
	info  *resource.Info
	patch []byte
}

func (o *setLastApplied) run(cmd *cobra.Command, f *factory.Factory) error {
	dryRun, err := flags.GetDryRun(cmd, f.ErrOut)
	if err != nil {
		return err
	}
	flags.PrintDryRun(o.print, dryRun)
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	changes, err := o.find(f)
	if err != nil {
		return err
	}
	for _, change := range changes {
		object := change.info.Object
		if dryRun != flags.DryRunClient {
			object, err = resource.NewHelper(change.info.Client, change.info.Mapping).
				DryRun(dryRun == flags.DryRunServer).
				Patch(change.info.Namespace, change.info.Name, types.MergePatchType, change.patch, nil)
			if err != nil {
				return err
			}
		}
		if err := printer.PrintObj(object, f.Out); err != nil {
			return err
		}
	}
	return nil
}

func (o *setLastApplied) find(f *factory.Factory) ([]annotated, error) {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	var changes []annotated
	builder := f.NewBuilder().Unstructured().NamespaceParam(namespace).DefaultNamespace()
	err = builder.FilenameParam(explicit, &o.files).Flatten().Do().Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		change, err := o.compare(f, info)
		if change != nil {
			changes = append(changes, *change)
		}
		return err
	})
	return changes, err
}

// compare is the change for an object, nil if its annotation is right.
func (o *setLastApplied) compare(f *factory.Factory, info *resource.Info) (*annotated, error) {
	patch, configuration, err := lastapplied.Patch(info.Object)
	if err != nil {
		return nil, err
	}
	failed := func(err error) error {
		return failure.WithSource(fmt.Sprintf("retrieving current configuration of:\n%s\nfrom server for:", info), info.Source, err)
	}
	if err := info.Get(); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, err
		}
		return nil, failed(err)
	}
	kept, err := lastapplied.Get(info.Object)
	if err != nil {
		return nil, failed(err)
	}
	if kept == nil && !o.create {
		return nil, fmt.Errorf("no last-applied-configuration annotation found on resource: %s, to create the annotation, run the command with --create-annotation", info.Name)
	}
	if sameJSON(kept, configuration) {
		fmt.Fprintf(f.Out, "set-last-applied %s: no changes required.\n", info.Name)
		return nil, nil
	}
	return &annotated{info, patch}, nil
}

// sameJSON compares the content of two documents, not their layout.
func sameJSON(a, b []byte) bool {
	var left, right bytes.Buffer
	if json.Compact(&left, a) != nil || json.Compact(&right, b) != nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(left.Bytes(), right.Bytes())
}
