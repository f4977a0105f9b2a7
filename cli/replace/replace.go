// Package replace is "kubectl replace": objects as a whole take the place of
// those of the same name.
package replace

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/changecause"
	deletion "github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/raw"
	"github.com/kubejig/kubejig/cli/resource"
)

// forceTimeout is how long --force waits for the old object to be gone.
const forceTimeout = 5 * time.Minute

type options struct {
	print    *output.Flags
	record   *changecause.Recorder
	files    resource.FilenameOptions
	deletion deletion.Options

	saveConfig       bool
	raw, subresource string
	manager          string
	dryRun           flags.DryRun
	validation       string

	printer   printers.ResourcePrinter
	validator resource.ContentValidator
	namespace string
	explicit  bool

	// stdinInUse says that a file holds what was read from there.
	stdinInUse bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: output.New("replaced"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "replace -f FILENAME",
		DisableFlagsInUseLine: true,
		Short:                 "Replace a resource by file name or stdin",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, f, args)
		},
	}
	o.print.AddFlags(cmd)
	flags.AddFilenames(cmd, &o.files, "that contains the configurations to replace.")
	o.deletion.AddFlags(cmd)
	o.record.AddFlags(cmd)
	flags.AddValidate(cmd)
	flags.AddSaveConfig(cmd, &o.saveConfig)
	flags.AddDryRun(cmd)
	cmd.Flags().StringVar(&o.raw, "raw", "", "Path to PUT the file to as it is, through the kubeconfig's connection.")
	flags.AddFieldManager(cmd, &o.manager, "kubectl-replace")
	flags.AddSubresource(cmd, &o.subresource, "Replace this subresource of the object.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	switch {
	case o.raw != "":
		return raw.Put(cmd.Context(), f, o.raw, o.files.Filenames[0])
	case o.deletion.Force:
		return o.replaceByForce(cmd.Context(), f, args)
	}
	builder := f.NewBuilder().Unstructured().Schema(o.validator).ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace()
	result := o.read(builder)
	if err := result.Err(); err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if err := o.replace(info); err != nil {
			return failure.WithSource("replacing", info.Source, err)
		}
		return o.printer.PrintObj(info.Object, f.Out)
	})
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	o.record.Complete(cmd, f.Args)
	if o.validation, err = flags.GetValidate(cmd); err != nil {
		return err
	}
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	flags.PrintDryRun(o.print, o.dryRun)
	if o.printer, err = o.print.Printer(); err != nil {
		return err
	}
	if err := o.deletion.Parse(f.ErrOut); err != nil {
		return err
	}
	if o.deletion.GracePeriod == 0 {
		o.deletion.GracePeriod, o.deletion.Wait = 1, true
	}
	if err := o.files.RequireFilenameOrKustomize(); err != nil {
		return err
	}
	if o.validator, err = f.Validator(o.validation); err != nil {
		return err
	}
	o.namespace, o.explicit, err = f.Namespace()
	return err
}

func (o *options) validate() error {
	switch {
	case o.deletion.GracePeriod >= 0 && !o.deletion.Force:
		return fmt.Errorf("--grace-period must have --force specified")
	case o.deletion.Timeout != 0 && !o.deletion.Force:
		return fmt.Errorf("--timeout must have --force specified")
	case o.deletion.Force && o.dryRun != flags.DryRunNone:
		return fmt.Errorf("--dry-run can not be used when --force is set")
	}
	if o.raw == "" {
		return nil
	}
	switch {
	case len(o.files.Filenames) != 1:
		return fmt.Errorf("--raw can only use a single local file or stdin")
	case factory.IsURL(o.files.Filenames[0]):
		return fmt.Errorf("--raw cannot read from a url")
	case o.files.Recursive:
		return fmt.Errorf("--raw and --recursive are mutually exclusive")
	case o.print.Format != "":
		return fmt.Errorf("--raw and --output are mutually exclusive")
	}
	if err := factory.ValidRawPath(o.raw); err != nil {
		return fmt.Errorf("--raw must be a valid URL path: %v", err)
	}
	return nil
}

func (o *options) prepare(info *resource.Info) error {
	if err := lastapplied.KeepOrUpdate(o.saveConfig, info.Object); err != nil {
		return err
	}
	_ = o.record.Record(info.Object)
	return nil
}

func (o *options) helper(info *resource.Info) *resource.Helper {
	return resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		WithFieldValidation(o.validation)
}

func (o *options) replace(info *resource.Info) error {
	if err := o.prepare(info); err != nil || o.dryRun == flags.DryRunClient {
		return err
	}
	replaced, err := o.helper(info).WithSubresource(o.subresource).Replace(info.Namespace, info.Name, true, info.Object)
	if err != nil {
		return err
	}
	return info.Refresh(replaced, true)
}

// replaceByForce deletes the objects, waits until they are gone, and creates
// them anew.
func (o *options) replaceByForce(ctx context.Context, f *factory.Factory, args []string) error {
	cleanUp, err := o.keepStdin(f.In)
	if err != nil {
		return err
	}
	defer cleanUp()
	if err := o.deleteAll(ctx, f, args); err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().Schema(o.validator).ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace()
	result := o.read(builder)
	if err := result.Err(); err != nil {
		return err
	}
	count := 0
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if err := o.prepare(info); err != nil {
			return err
		}
		created, err := o.helper(info).Create(info.Namespace, true, info.Object)
		if err != nil {
			return err
		}
		count++
		_ = info.Refresh(created, true)
		return o.printer.PrintObj(info.Object, f.Out)
	})
	if err == nil && count == 0 {
		return fmt.Errorf("no objects passed to replace")
	}
	return err
}

// read has the builder read the files.
func (o *options) read(builder *resource.Builder) *resource.Result {
	builder.FilenameParam(o.explicit, &o.files).Subresource(o.subresource).Flatten()
	if o.stdinInUse {
		builder.StdinInUse()
	}
	return builder.Do()
}

// keepStdin copies standard input to a file, since it is read twice.
func (o *options) keepStdin(in io.Reader) (cleanUp func(), err error) {
	if !slices.Contains(o.files.Filenames, "-") {
		return func() {}, nil
	}
	folder, err := os.MkdirTemp("", "kubectl_replace_")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "resource.stdin")
	content, err := io.ReadAll(in)
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	first := slices.Index(o.files.Filenames, "-")
	o.files.Filenames = slices.DeleteFunc(o.files.Filenames, func(name string) bool { return name == "-" }) // There is no more for others.
	o.files.Filenames = slices.Insert(o.files.Filenames, first, file)
	o.stdinInUse = true
	return func() { os.RemoveAll(folder) }, nil
}

func (o *options) deleteAll(ctx context.Context, f *factory.Factory, args []string) error {
	builder := f.NewBuilder().Unstructured().ContinueOnError().NamespaceParam(o.namespace).DefaultNamespace().
		ResourceTypeOrNameArgs(false, args...).RequireObject(false)
	result := o.read(builder)
	if err := result.Err(); err != nil {
		return err
	}
	timeout := o.deletion.Timeout
	if timeout == 0 {
		timeout = forceTimeout
	}
	var deleted []*resource.Info
	err := result.IgnoreErrors(apierrors.IsNotFound).Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		if _, err := o.deletion.Delete(info); err != nil {
			return failure.WithSource("deleting", info.Source, err)
		}
		deleted = append(deleted, info)
		if o.print.Format != "name" {
			fmt.Fprintln(f.Out, o.deletion.Message(info))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, info := range deleted {
		if err := deletion.Gone(ctx, f, info, "", timeout); err != nil {
			return err
		}
	}
	return nil
}
