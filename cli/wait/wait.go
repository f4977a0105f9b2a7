// Package wait is "kubectl wait".
package wait

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

const (
	forever      = 168 * time.Hour        // What a negative --timeout stands for: a week.
	pollInterval = 500 * time.Millisecond // For objects that do not exist yet.
)

type options struct {
	print  *output.Flags
	files  resource.FilenameOptions
	forAll []string

	selector, fields   string
	all, allNamespaces bool
	local              bool
	timeout            time.Duration
	any, progress      bool // Beyond kubectl.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: output.New("condition met")}
	cmd := &cobra.Command{
		Use:                   "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
		DisableFlagsInUseLine: true,
		Short:                 "Wait for a specific condition on one or many resources",
		Example: `  # Until a pod is ready, a deployment available, a job complete
  kubectl wait --for=condition=Ready pod/web
  kubectl wait --for=condition=Available deployment/web --timeout=2m
  kubectl wait --for=condition=Complete job/migrate

  # Until a field has a value, until an object is there, until it is gone
  kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web
  kubectl wait --for=create configmap/settings
  kubectl wait --for=delete pod/web

  # Until a job has ended one way or the other, and say meanwhile what it waits for
  kubejig wait --any --for=condition=Complete --for=condition=Failed job/migrate --progress`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), f, args) },
	}
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	flags.AddFilename(set, &o.files.Filenames, "identifying the resource.")
	o.files.Recursive = true
	flags.AddRecursive(set, &o.files.Recursive)
	flags.AddSelector(cmd, &o.selector)
	flags.AddFieldSelector(cmd, &o.fields)
	set.BoolVar(&o.all, "all", false, "All objects of the types, in the namespace.")
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.BoolVar(&o.local, "local", false, "Look at the files only; do not ask the server.")
	set.DurationVar(&o.timeout, "timeout", 30*time.Second, "How long to wait; 0 only looks, less than 0 is a week.")
	set.StringArrayVar(&o.forAll, "for", nil, "What to wait for: [create|delete|condition=NAME[=VALUE]|jsonpath='{PATH}'[=VALUE]]; may be given several times. The value of a condition is true by default.")
	set.BoolVar(&o.any, "any", false, "One of several --for is enough; what held is printed.")
	set.BoolVar(&o.progress, "progress", false, "Say on the error stream why it is not so yet, whenever that changes.")
	return cmd
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	w := &waiter{f: f, client: client, timeout: o.timeout}
	if o.timeout < 0 {
		w.timeout = forever
	}
	goals, err := w.goals(o.forAll)
	if err != nil {
		return err
	}
	reach := func(ctx context.Context, info *resource.Info) error { return reachAll(ctx, f, goals, printer, info) }
	if o.any || o.progress {
		if reach, err = o.watchful(w, printer); err != nil {
			return err
		}
	}
	if w.timeout > 0 && !f.ManualClock() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, w.timeout, waiting.ErrTimeout)
		defer cancel()
	}
	if o.waitsFor("create") && !o.any {
		if err := o.waitForCreation(ctx, w, args); err != nil {
			return err
		}
	}
	return o.waitForEach(ctx, f, args, reach)
}

func (o *options) waitsFor(name string) bool {
	return slices.ContainsFunc(o.forAll, func(condition string) bool { return strings.EqualFold(condition, name) })
}

func (o *options) find(f *factory.Factory, args []string) (*resource.Result, error) {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	builder := f.NewBuilder().Unstructured().ContinueOnError().LocalParam(o.local).
		NamespaceParam(namespace).DefaultNamespace().AllNamespaces(o.allNamespaces)
	builder.FilenameParam(explicit, &o.files)
	switch {
	case !o.local:
		builder.LabelSelectorParam(o.selector).FieldSelectorParam(o.fields).
			ResourceTypeOrNameArgs(o.all, args...).Latest()
	case len(args) > 0:
		builder.AddError(resource.LocalResourceError)
	}
	return builder.Flatten().Do(), nil
}

// waitForCreation waits until anything is found.
func (o *options) waitForCreation(ctx context.Context, w *waiter, args []string) error {
	return waiting.Poll(ctx, w.f, pollInterval, w.timeout, func() (bool, error) {
		result, err := o.find(w.f, args)
		if err != nil {
			return false, err
		}
		infos, err := result.Infos()
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return len(infos) > 0, err
	})
}

// waitForEach waits for what the arguments name, one object after the other.
func (o *options) waitForEach(ctx context.Context, f *factory.Factory, args []string, reach func(context.Context, *resource.Info) error) error {
	result, err := o.find(f, args)
	if err != nil {
		return err
	}
	forDelete := o.waitsFor("delete")
	onlyCreate := !slices.ContainsFunc(o.forAll, func(condition string) bool { return !strings.EqualFold(condition, "create") })
	if forDelete {
		result.IgnoreErrors(apierrors.IsNotFound)
	}
	visited := 0
	err = f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return result.Visit(func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			visited++
			if o.local && !onlyCreate {
				return errors.New("--local asks no server, and files alone do not change: only --for=create holds there")
			}
			return reach(ctx, info)
		})
	})
	if err == nil && visited == 0 && !forDelete {
		return errors.New("no matching resources found")
	}
	return err
}
