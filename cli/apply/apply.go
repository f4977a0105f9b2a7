// Package apply is "kubectl apply": it makes the cluster's objects what
// configurations say, here (by three-way patches) or on the server.
package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/applyset"
	"github.com/kubejig/kubejig/cli/changecause"
	deletion "github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// The names under which apply owns fields.
const (
	ClientSideManager  = "kubectl-client-side-apply"
	ServerSideManager  = "kubectl"
	annotationsManager = "kubectl-last-applied"
)

// options are the flags of apply.
type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions
	// deletion is how objects are deleted that --force replaces or --prune
	// finds.
	deletion deletion.Options

	serverSide, forceConflicts bool
	manager, selector          string
	subresource                string
	prune, all                 bool
	pruneAllowlist             []string
	applySet                   string
	overwrite                  bool
	ordered, waitReady         bool // Beyond kubectl.
	readyTimeout               time.Duration
	dryRun                     flags.DryRun
	validation                 string

	namespace string
	explicit  bool
	pruner    pruner        // nil without --prune.
	set       *applyset.Set // nil without --applyset.
}

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("created"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "apply (-f FILENAME | -k DIRECTORY)",
		DisableFlagsInUseLine: true,
		Short:                 "Apply a configuration to a resource by file name or stdin",
		Example: `  # A file, a folder and all below it, a kustomization
  kubectl apply -f app.yaml
  kubectl apply -R -f manifests/
  kubectl apply -k overlays/production

  # Let the server merge, and say who owns which field
  kubectl apply --server-side -f app.yaml

  # Definitions and their objects at once, and not done before all is ready
  kubejig apply -f operator/ --ordered --wait-ready`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 0 {
				return failure.Usage(cmd, "Unexpected args: %v", args)
			}
			return o.run(cmd, f)
		},
	}
	flags.AddFilenames(cmd, &o.files, "that contains the configurations to apply.")
	o.deletion.AddFlags(cmd)
	o.record.AddFlags(cmd)
	o.print.AddFlags(cmd)
	flags.AddValidate(cmd)
	flags.AddDryRun(cmd)
	AddServerSide(cmd, &o.serverSide, &o.forceConflicts)
	flags.AddFieldManager(cmd, &o.manager, ClientSideManager)
	flags.AddSelector(cmd, &o.selector)
	set := cmd.Flags()
	set.BoolVar(&o.prune, "prune", false, "Delete objects that were applied before and are in the configurations no more; with --all, -l or --applyset.")
	set.StringArrayVar(&o.pruneAllowlist, "prune-allowlist", nil, "Kinds that --prune looks through, as group/version/kind, instead of the usual ones.")
	set.BoolVar(&o.all, "all", false, "Let --prune look at all objects of the kinds in the namespaces.")
	if f.Enabled("KUBECTL_APPLYSET") {
		set.StringVar(&o.applySet, "applyset", "", "Let --prune look at the members of this set, which are noted in an object: [RESOURCE[.GROUP]/]NAME, by default a Secret. Alpha.")
	}
	set.BoolVar(&o.overwrite, "overwrite", true, "Settle conflicts between the new configuration and the live object for the former.")
	set.Bool("openapi-patch", true, "Merge lists as the server's schema says. Built-in kinds are merged by their types, which say the same; custom kinds are merged whole: so either value gives one result.")
	flags.AddSubresource(cmd, &o.subresource, "Apply to this subresource, with --server-side.")
	set.BoolVar(&o.ordered, "ordered", false, "Apply namespaces and custom resource definitions first, and wait until these are served; then what others refer to, then the rest. The first error ends it.")
	set.BoolVar(&o.waitReady, "wait-ready", false, "Wait until all that was applied is ready.")
	set.DurationVar(&o.readyTimeout, "ready-timeout", readyTimeout, "How long --wait-ready waits.")
	cmd.AddCommand(newEditLastApplied(f), newSetLastApplied(f), newViewLastApplied(f))
	return cmd
}

// AddServerSide registers --server-side and --force-conflicts.
func AddServerSide(cmd *cobra.Command, serverSide, force *bool) {
	cmd.Flags().BoolVar(serverSide, "server-side", false, "Let the server do the merging.")
	cmd.Flags().BoolVar(force, "force-conflicts", false, "With --server-side: take fields that others own.")
}

// Manager is the field manager: the flag's, or the usual one.
func Manager(cmd *cobra.Command, serverSide bool) string {
	if flag := cmd.Flag("field-manager"); flag.Changed {
		return flag.Value.String()
	}
	if serverSide {
		return ServerSideManager
	}
	return ClientSideManager
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	if err := o.validate(cmd.Context()); err != nil {
		return err
	}
	return o.apply(cmd.Context(), f)
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	if _, err := f.Dynamic(); err != nil {
		return err // A wrong kubeconfig is told of before a missing file.
	}
	o.manager = Manager(cmd, o.serverSide)
	o.record.Complete(cmd, f.Args)
	if err := o.deletion.Parse(f.ErrOut); err != nil {
		return err
	}
	if err := o.files.RequireFilenameOrKustomize(); err != nil {
		return err
	}
	if o.validation, err = flags.GetValidate(cmd); err != nil {
		return err
	}
	if o.namespace, o.explicit, err = f.Namespace(); err != nil {
		return err
	}
	return o.completePruning(f)
}

func (o *options) validate(ctx context.Context) error {
	switch {
	case o.forceConflicts && !o.serverSide:
		return fmt.Errorf("--force-conflicts only works with --server-side")
	case o.dryRun == flags.DryRunClient && o.serverSide:
		return fmt.Errorf("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
	case o.serverSide && o.deletion.Force:
		return fmt.Errorf("--force cannot be used with --server-side")
	case o.dryRun == flags.DryRunServer && o.deletion.Force:
		return fmt.Errorf("--dry-run=server cannot be used with --force")
	case o.all && o.selector != "":
		return fmt.Errorf("cannot set --all and --selector at the same time")
	}
	if err := o.validatePruning(ctx); err != nil {
		return err
	}
	switch {
	case (o.ordered || o.waitReady) && (o.prune || o.subresource != ""):
		return fmt.Errorf("--ordered and --wait-ready can not be used with --prune or --subresource")
	case o.readyTimeout <= 0:
		return fmt.Errorf("--ready-timeout must be greater than 0")
	case o.waitReady && o.dryRun != flags.DryRunNone:
		return fmt.Errorf("--wait-ready can not be used with --dry-run: nothing becomes ready")
	}
	if o.subresource != "" && !o.serverSide {
		return fmt.Errorf("--subresource can only be specified for --server-side")
	}
	return nil
}

// apply applies every object, and then, if all went well, waits for them or
// prunes.
func (o *options) apply(ctx context.Context, f *factory.Factory) error {
	applyAll := o.applyEach
	if o.ordered {
		applyAll = o.applyInOrder
	}
	infos, err := applyAll(ctx, f)
	if err != nil {
		return err
	}
	if err := o.printAll(f, infos); err != nil {
		return err
	}
	if o.waitReady {
		return o.untilReady(ctx, f, infos)
	}
	f.Log.Infof(4, "apply.go:546", "Running apply post-processor function")
	return o.pruneAll(ctx, f)
}

// applyEach applies every object, whatever becomes of the others.
func (o *options) applyEach(ctx context.Context, f *factory.Factory) ([]*resource.Info, error) {
	var errs []error
	infos, err := o.read(f)
	if err != nil {
		errs = append(errs, err)
	}
	if len(infos) == 0 && len(errs) == 0 {
		return nil, fmt.Errorf("no objects passed to apply")
	}
	if o.set != nil {
		if err := o.set.Begin(infos); err != nil {
			return nil, err
		}
	}
	for _, info := range infos {
		if err := o.applyOne(ctx, f, info); err != nil {
			errs = append(errs, err)
		}
	}
	switch len(errs) {
	case 0:
		return infos, nil
	case 1:
		return nil, errs[0]
	}
	return nil, utilerrors.NewAggregate(errs)
}

// read reads the configurations. With an error come those that could be read.
func (o *options) read(f *factory.Factory) ([]*resource.Info, error) {
	validator, err := f.Validator(o.validation)
	if err != nil {
		return nil, err
	}
	builder := f.NewBuilder().Unstructured().Schema(validator).ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace()
	infos, err := builder.FilenameParam(o.explicit, &o.files).LabelSelectorParam(o.selector).Flatten().Do().Infos()
	if o.set != nil {
		if err := o.set.Label(infos); err != nil {
			return nil, err
		}
	}
	return infos, err
}

func (o *options) applyOne(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	_ = o.record.Record(info.Object)
	if info.Name == "" {
		if accessor, err := meta.Accessor(info.Object); err == nil && accessor.GetGenerateName() != "" {
			return fmt.Errorf("from %s: cannot use generate name with apply", accessor.GetGenerateName())
		}
	}
	helper := resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		WithFieldValidation(o.validation)
	if o.serverSide {
		return o.applyOnServer(f, helper, info)
	}
	return o.applyHere(ctx, f, helper, info)
}

// visited keeps the object from being pruned.
func (o *options) visited(info *resource.Info) {
	if o.pruner != nil {
		o.pruner.Visit(info)
	}
}

func (o *options) printer(operation string) (printers.ResourcePrinter, error) {
	o.print.Names.Operation = operation
	flags.PrintDryRun(o.print, o.dryRun)
	return o.print.Printer()
}

// printsObjects says whether -o asks for the objects themselves, which are
// then printed together, after all is done.
func (o *options) printsObjects() bool {
	output := o.print.Format
	return output != "" && output != "name"
}

// printOne says what was done to an object.
func (o *options) printOne(f *factory.Factory, info *resource.Info, operation string) error {
	if o.printsObjects() {
		return nil
	}
	printer, err := o.printer(operation)
	if err != nil {
		return err
	}
	return printer.PrintObj(info.Object, f.Out)
}

// warnIfDeleting tells that the object is on its way out.
func warnIfDeleting(f *factory.Factory, info *resource.Info) {
	accessor, err := meta.Accessor(info.Object)
	if err == nil && accessor.GetDeletionTimestamp() != nil {
		fmt.Fprintf(f.ErrOut, "Warning: Detected changes to resource %[1]s which is currently being deleted.\n", accessor.GetName())
	}
}
