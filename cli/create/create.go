// Package create is "kubectl create": from files, or by a generator for each
// of the common kinds (one file a kind).
package create

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/editor"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/raw"
	"github.com/kubejig/kubejig/cli/resource"
)

// fieldManager is who create says it is.
const fieldManager = "kubectl-create"

// options are the flags of create itself.
type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions

	selector, raw, manager string
	saveConfig, edit, crlf bool
	dryRun                 flags.DryRun
	validation             string
	printObj               func(*resource.Info) error
}

// New builds the command with its generators.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("created"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "create -f FILENAME",
		DisableFlagsInUseLine: true,
		Short:                 "Create a resource from a file or from stdin",
		Example: `  # From a file, from standard input, from all files of a folder
  kubectl create -f pod.yaml
  kubectl create -f - < pod.yaml
  kubectl create -f manifests/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 0 {
				return failure.Usage(cmd, "Unexpected args: %v", args)
			}
			return o.run(cmd, f)
		},
	}
	o.record.AddFlags(cmd)
	flags.AddFilenames(cmd, &o.files, "to use to create the resource")
	flags.AddValidate(cmd)
	cmd.Flags().BoolVar(&o.edit, "edit", false, "Open the objects in an editor before they are created.")
	cmd.Flags().BoolVar(&o.crlf, "windows-line-endings", runtime.GOOS == "windows", "With --edit: end lines as Windows does.")
	flags.AddSaveConfig(cmd, &o.saveConfig)
	flags.AddDryRun(cmd)
	flags.AddSelector(cmd, &o.selector)
	cmd.Flags().StringVar(&o.raw, "raw", "", "Path to POST the file to as it is, through the kubeconfig's connection.")
	flags.AddFieldManager(cmd, &o.manager, fieldManager)
	o.print.AddFlags(cmd)
	for _, g := range generators() {
		cmd.AddCommand(g(f))
	}
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory) error {
	ctx := cmd.Context()
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	switch {
	case o.edit:
		return o.editThenCreate(ctx, f)
	case o.raw != "":
		return raw.Post(ctx, f, o.raw, o.files.Filenames[0])
	}
	return o.createFromFiles(f)
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	o.record.Complete(cmd, f.Args)
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	flags.PrintDryRun(o.print, o.dryRun)
	if o.validation, err = flags.GetValidate(cmd); err != nil {
		return err
	}
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	o.printObj = func(info *resource.Info) error { return printer.PrintObj(info.Object, f.Out) }
	return nil
}

func (o *options) validate() error {
	if err := o.files.RequireFilenameOrKustomize(); err != nil {
		return err
	}
	if o.raw == "" {
		return nil
	}
	switch {
	case o.edit:
		return fmt.Errorf("--raw and --edit are mutually exclusive")
	case len(o.files.Filenames) != 1:
		return fmt.Errorf("--raw can only use a single local file or stdin")
	case factory.IsURL(o.files.Filenames[0]):
		return fmt.Errorf("--raw cannot read from a url")
	case o.files.Recursive:
		return fmt.Errorf("--raw and --recursive are mutually exclusive")
	case o.selector != "":
		return fmt.Errorf("--raw and --selector (-l) are mutually exclusive")
	case o.print.Format != "":
		return fmt.Errorf("--raw and --output are mutually exclusive")
	}
	if err := factory.ValidRawPath(o.raw); err != nil {
		return fmt.Errorf("--raw must be a valid URL path: %v", err)
	}
	return nil
}

// editThenCreate creates objects one by one as the user edits them.
func (o *options) editThenCreate(ctx context.Context, f *factory.Factory) error {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &o.files).ContinueOnError().Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	session := &editor.Session{
		Factory: f, Print: o.print, Record: o.record, Namespace: namespace, Validation: o.validation,
		Manager: "kubectl-create", CRLF: o.crlf, SaveConfig: o.saveConfig, Submit: editor.Create,
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return session.Run(ctx, []*resource.Info{info})
	})
}

func (o *options) createFromFiles(f *factory.Factory) error {
	validator, err := f.Validator(o.validation)
	if err != nil {
		return err
	}
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().Schema(validator).ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &o.files).LabelSelectorParam(o.selector).Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	count := 0
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if err := o.create(info); err != nil {
			return failure.WithSource("creating", info.Source, err)
		}
		count++
		return o.printObj(info)
	})
	if err != nil {
		return err
	}
	if count == 0 {
		return fmt.Errorf("no objects passed to create")
	}
	return nil
}

// create sends one object, unless that is not wanted.
func (o *options) create(info *resource.Info) error {
	if err := lastapplied.KeepOrUpdate(o.saveConfig, info.Object); err != nil {
		return err
	}
	_ = o.record.Record(info.Object)
	if o.dryRun == flags.DryRunClient {
		return nil
	}
	created, err := resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		WithFieldValidation(o.validation).
		Create(info.Namespace, true, info.Object)
	if err != nil {
		return err
	}
	return info.Refresh(created, true)
}
