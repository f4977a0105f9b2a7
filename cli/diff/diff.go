// Package diff is "kubectl diff": it shows what apply would change.
package diff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/apply"
	"github.com/kubejig/kubejig/cli/color"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/prune"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/runlog"
	"github.com/kubejig/kubejig/cli/terminal"
	"github.com/kubejig/kubejig/cli/threeway"
)

// failed is the exit status of a diff that could not be made: 1 says that
// there are differences.
const failed = 2

// attempts are made while the live object keeps changing; the last takes it
// as it comes.
const attempts = 4

type options struct {
	files                      resource.FilenameOptions
	serverSide, forceConflicts bool
	manager, selector          string
	showManagedFields          bool
	showSecrets                bool
	concurrency                int
	prune                      bool
	pruneAllowlist             []string

	color      string // Beyond kubectl.
	painted    bool
	sideBySide bool
	structured bool

	namespace string
	explicit  bool
	finder    *prune.Finder // nil without --prune.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "diff -f FILENAME",
		DisableFlagsInUseLine: true,
		Short:                 "Diff the live version against a would-be applied version",
		Long: `Show how the objects on the server differ from what apply would make of them.

 The program that compares is diff -u -N, or the one that KUBECTL_EXTERNAL_DIFF
 names, with its arguments.

 Exit status: 0 no differences, 1 there are some, above 1 something went wrong.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := o.run(cmd, f, args)
			if err == failure.Silent {
				return err
			}
			return failure.WithCode(err, failed)
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return failure.WithCode(failure.Usage(cmd, "%s", err), failed)
	})
	set := cmd.Flags()
	set.StringArrayVar(&o.pruneAllowlist, "prune-allowlist", nil, "Kinds that --prune looks through, as group/version/kind, instead of the usual ones.")
	set.BoolVar(&o.prune, "prune", false, "Show also what apply --prune would delete.")
	set.BoolVar(&o.showManagedFields, "show-managed-fields", false, "Compare the managed fields too.")
	set.BoolVar(&o.showSecrets, "show-secrets", false, "Show the values in Secrets instead of masking them.")
	set.IntVar(&o.concurrency, "concurrency", 1, "Number of objects to look at in parallel.")
	flags.AddFilenames(cmd, &o.files, "contains the configuration to diff")
	apply.AddServerSide(cmd, &o.serverSide, &o.forceConflicts)
	flags.AddFieldManager(cmd, &o.manager, apply.ClientSideManager)
	flags.AddSelector(cmd, &o.selector)
	color.AddFlag(cmd, &o.color)
	set.BoolVar(&o.sideBySide, "side-by-side", false, "Show both sides next to each other, as wide as the terminal. Not with KUBECTL_EXTERNAL_DIFF.")
	set.BoolVar(&o.structured, "structured", false, "Show the fields that differ, with their paths and values, instead of lines. Needs no program that compares.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) != 0 {
		return failure.Usage(cmd, "Unexpected args: %v", args)
	}
	if err := o.files.RequireFilenameOrKustomize(); err != nil {
		return err
	}
	switch external := f.Getenv("KUBECTL_EXTERNAL_DIFF") != ""; {
	case o.sideBySide && external:
		return errors.New("--side-by-side can not be used with KUBECTL_EXTERNAL_DIFF")
	case o.structured && external:
		return errors.New("--structured can not be used with KUBECTL_EXTERNAL_DIFF")
	case o.structured && o.sideBySide:
		return errors.New("only one of --structured and --side-by-side can be given")
	}
	var err error
	if o.painted, err = color.Wanted(f, o.color, f.Out); err != nil {
		return err
	}
	o.manager = apply.Manager(cmd, o.serverSide)
	if o.forceConflicts && !o.serverSide {
		return fmt.Errorf("--force-conflicts only works with --server-side")
	}
	if _, err := f.ToRESTConfig(); err != nil { // What is wrong with the server is told before what is with the namespace.
		return err
	}
	if o.namespace, o.explicit, err = f.Namespace(); err != nil {
		return err
	}
	if o.prune {
		if err := o.prepareFinder(f); err != nil {
			return err
		}
	}
	return o.compare(cmd.Context(), f)
}

func (o *options) prepareFinder(f *factory.Factory) error {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	o.finder, err = prune.NewFinder(mapper, client, o.selector, o.pruneAllowlist, f.ErrOut)
	return err
}

// compare writes both sides of every object to files and compares those.
func (o *options) compare(ctx context.Context, f *factory.Factory) error {
	sides, err := newSides()
	if err != nil {
		return err
	}
	defer sides.remove()
	builder := f.NewBuilder().Unstructured().VisitorConcurrency(o.concurrency).
		NamespaceParam(o.namespace).DefaultNamespace()
	result := builder.FilenameParam(o.explicit, &o.files).LabelSelectorParam(o.selector).Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.writeSides(ctx, f, info, sides)
	})
	if o.finder != nil {
		pruneErr := o.finder.Each(ctx, func(_ *meta.RESTMapping, object *unstructured.Unstructured) error {
			return sides.live.write(fileName(object.GroupVersionKind(), object.GetNamespace(), object.GetName()), object)
		})
		if pruneErr != nil {
			fmt.Fprintf(f.ErrOut, "Warning: pruning failed and could not be evaluated err: %v\n", pruneErr)
		}
	}
	if err != nil {
		return err
	}
	if o.structured {
		return o.printStructured(f.Out, sides)
	}
	return o.runDiff(ctx, f, sides)
}

// writeSides writes one object as it is, and as it would be. When it changes
// in between, both are taken anew.
func (o *options) writeSides(ctx context.Context, f *factory.Factory, info *resource.Info, sides *sides) error {
	local := info.Object.DeepCopyObject()
	var err error
	for i := 1; i <= attempts; i++ {
		if err = o.tryToWriteSides(ctx, f, info, local, sides, i == attempts); !apierrors.IsConflict(err) {
			break
		}
	}
	if accessor, accessErr := meta.Accessor(info.Object); info.Object != nil && accessErr == nil && accessor.GetDeletionTimestamp() != nil {
		fmt.Fprintf(f.ErrOut, "Warning: Detected changes to resource %[1]s which is currently being deleted.\n", accessor.GetName())
	}
	return err
}

// tryToWriteSides fails with a conflict if the object changes in between, but
// not for that at the last try.
func (o *options) tryToWriteSides(ctx context.Context, f *factory.Factory, info *resource.Info, local runtime.Object, sides *sides, last bool) error {
	if err := info.Get(); err != nil {
		if !apierrors.IsNotFound(err) {
			return err
		}
		info.Object = nil
	}
	if o.finder != nil {
		o.finder.Visit(info)
	}
	if last && info.Object != nil {
		runlog.Warning(f.ErrOut, "Object (%v: %v) keeps changing, diffing without lock", info.Object.GetObjectKind().GroupVersionKind(), info.Name)
	}
	merged, err := o.merged(ctx, info, local, last)
	if err != nil {
		return err
	}
	return sides.write(info, merged, o.showManagedFields, o.showSecrets)
}

// merged asks the server what the object would be.
func (o *options) merged(ctx context.Context, info *resource.Info, local runtime.Object, anyVersion bool) (runtime.Object, error) {
	helper := resource.NewHelper(info.Client, info.Mapping).DryRun(true).WithFieldManager(o.manager)
	if o.serverSide {
		data, err := runtime.Encode(unstructured.UnstructuredJSONScheme, local)
		if err != nil {
			return nil, err
		}
		options := metav1.PatchOptions{Force: &o.forceConflicts, FieldManager: o.manager}
		return helper.Patch(info.Namespace, info.Name, types.ApplyPatchType, data, &options)
	}
	if info.Object == nil {
		return helper.Create(info.Namespace, true, local)
	}
	patcher := &threeway.Patcher{Mapping: info.Mapping, Helper: helper, Overwrite: true}
	if !anyVersion {
		accessor, err := meta.Accessor(info.Object)
		if err != nil {
			return nil, err
		}
		patcher.ResourceVersion = accessor.GetResourceVersion()
	}
	modified, err := lastapplied.Modified(local, false)
	if err != nil {
		return nil, err
	}
	_, merged, err := patcher.Patch(ctx, info.Object, modified, info)
	return merged, err
}

// runDiff lets the comparing program speak; its status 1 is ours.
func (o *options) runDiff(ctx context.Context, f *factory.Factory, sides *sides) error {
	external := f.Getenv("KUBECTL_EXTERNAL_DIFF")
	program, args := comparer(external, sides.live.path, sides.merged.path)
	if o.sideBySide {
		program, args = sideBySide(sides.live.path, sides.merged.path, width(f.Out))
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.Dir, f.Out, f.ErrOut
	if o.painted && external == "" && !o.sideBySide { // Others have colours of their own, or no marks to go by.
		lines := &painter{to: f.Out}
		cmd.Stdout = lines
		defer lines.Flush() //nolint:errcheck // Whoever reads no more need not be told.
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return failure.Silent // There are differences, which have been shown.
	}
	var missing *exec.Error
	if errors.As(err, &missing) {
		err = missing.Err // it names the program again
	}
	if err != nil {
		return fmt.Errorf("failed to run %q: %v", program, err)
	}
	return nil
}

// sideBySide compares in two columns.
func sideBySide(from, to string, width int) (string, []string) {
	return "diff", []string{"-y", "-N", "-W", strconv.Itoa(width), from, to}
}

// width is that of the terminal, or one that manifests fit into.
func width(out io.Writer) int {
	const wide = 160
	if size := (terminal.Terminal{Out: out}).Size(); size != nil && size.Width > 0 {
		return int(size.Width)
	}
	return wide
}

// comparer is the comparing program and its arguments. Of the user's arguments
// only plain ones are taken.
func comparer(external, from, to string) (string, []string) {
	if external == "" {
		return "diff", []string{"-u", "-N", from, to}
	}
	words := strings.Split(external, " ")
	args := []string{from, to}
	plain := regexp.MustCompile(`^[a-zA-Z0-9-=]+$`)
	for _, word := range words[1:] {
		if plain.MatchString(word) {
			args = append(args, word)
		}
	}
	return words[0], args
}
