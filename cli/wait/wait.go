// Package wait is "kubectl wait".
package wait

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/get"
	"github.com/kubejig/kubejig/cli/waiting"
)

const (
	forever      = 168 * time.Hour        // What a negative --timeout stands for: a week.
	pollInterval = 500 * time.Millisecond // For objects that do not exist yet.
)

type options struct {
	print  *genericclioptions.PrintFlags
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
	o := &options{print: genericclioptions.NewPrintFlags("condition met")}
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

// goal waits until one object is as it should be, and returns it.
type goal func(ctx context.Context, info *resource.Info) (runtime.Object, error)

// waiter is what all goals of one run have in common.
type waiter struct {
	f       *factory.Factory
	client  dynamic.Interface
	timeout time.Duration // 0: only look.
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	printer, err := o.print.ToPrinter()
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
	f.ReadFiles(builder, explicit, &o.files)
	if !o.local {
		builder.LabelSelectorParam(o.selector).FieldSelectorParam(o.fields).
			ResourceTypeOrNameArgs(o.all, args...).Latest()
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

// reachAll waits for one goal after the other, and prints each.
func reachAll(ctx context.Context, f *factory.Factory, goals []goal, printer printers.ResourcePrinter, info *resource.Info) error {
	for _, reach := range goals {
		object, err := reach(ctx, info)
		if err != nil {
			return err
		}
		_ = printer.PrintObj(object, f.Out)
	}
	return nil
}

// goals reads the values of --for.
func (w *waiter) goals(conditions []string) ([]goal, error) {
	var goals []goal
	for _, condition := range conditions {
		reach, err := w.goal(condition)
		if err != nil {
			return nil, err
		}
		goals = append(goals, reach)
	}
	if goals == nil {
		return nil, fmt.Errorf("unrecognized condition: %q", conditions)
	}
	return goals, nil
}

func (w *waiter) goal(condition string) (goal, error) {
	switch {
	case strings.EqualFold(condition, "delete"):
		return w.untilDeleted, nil
	case strings.EqualFold(condition, "create"):
		return untilCreated, nil
	}
	holds, err := parseCondition(condition)
	if err != nil {
		return nil, err
	}
	return w.until(holds), nil
}

// predicate judges an object.
type predicate func(*unstructured.Unstructured) (bool, error)

// parseCondition reads condition=NAME[=VALUE] and jsonpath=PATH[=VALUE].
func parseCondition(condition string) (predicate, error) {
	if name, ok := strings.CutPrefix(condition, "condition="); ok {
		name, status, given := strings.Cut(name, "=")
		if !given {
			status = "true"
		}
		return func(object *unstructured.Unstructured) (bool, error) {
			return conditionHolds(object, name, status)
		}, nil
	}
	if path, ok := strings.CutPrefix(condition, "jsonpath="); ok {
		return parsePath(path)
	}
	return nil, fmt.Errorf("unrecognized condition: %q", condition)
}

func (w *waiter) untilDeleted(ctx context.Context, info *resource.Info) (runtime.Object, error) {
	if info.Name == "" {
		return nil, fmt.Errorf("resource name must be provided")
	}
	where := w.client.Resource(info.Mapping.Resource).Namespace(info.Namespace)
	live, err := where.Get(ctx, info.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return info.Object, nil
	}
	if err != nil {
		return nil, err
	}
	if w.timeout == 0 {
		return nil, fmt.Errorf("condition not met for %s", info.ObjectName())
	}
	return live, delete.Leaves(ctx, w.f, info, live.GetUID(), w.timeout)
}

func untilCreated(_ context.Context, info *resource.Info) (runtime.Object, error) {
	if info.Name == "" || info.Object == nil {
		return nil, fmt.Errorf("resource name must be provided")
	}
	return info.Object, nil
}

// until waits until holds does for an object, which must not go meanwhile.
func (w *waiter) until(holds predicate) goal {
	return func(ctx context.Context, info *resource.Info) (runtime.Object, error) {
		if info.Name == "" {
			return nil, fmt.Errorf("resource name must be provided")
		}
		where := w.client.Resource(info.Mapping.Resource).Namespace(info.Namespace)
		if w.timeout == 0 {
			live, err := where.Get(ctx, info.Name, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			met, err := holds(live)
			if err == nil && !met {
				err = fmt.Errorf("condition not met for %s", info.ObjectName())
			}
			return live, err
		}
		var last runtime.Object
		seen := false
		err := waiting.For(ctx, w.f, where, info.Name, w.timeout, func(object *unstructured.Unstructured) (bool, error) {
			switch {
			case object == nil && !seen:
				return false, apierrors.NewNotFound(info.Mapping.Resource.GroupResource(), info.Name)
			case object == nil:
				return false, nil
			}
			seen = true
			last = object
			return holds(object)
		})
		return last, waiting.OnTimeout(err, info.Mapping.Resource.Resource, info.Name)
	}
}

// conditionHolds looks at status.conditions. A condition that is about an
// older generation of the object does not count.
func conditionHolds(object *unstructured.Unstructured, name, status string) (bool, error) {
	conditions, found, err := unstructured.NestedSlice(object.Object, "status", "conditions")
	if err != nil || !found {
		return false, err
	}
	for _, entry := range conditions {
		condition, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		kind, found, err := unstructured.NestedString(condition, "type")
		if !found || err != nil || !strings.EqualFold(kind, name) {
			continue
		}
		value, found, err := unstructured.NestedString(condition, "status")
		if !found || err != nil {
			continue
		}
		if generation, ok, _ := unstructured.NestedInt64(object.Object, "metadata", "generation"); ok {
			if observed, ok := observedGeneration(object, condition); ok && observed < generation {
				return false, nil
			}
		}
		return strings.EqualFold(value, status), nil
	}
	return false, nil
}

func observedGeneration(object *unstructured.Unstructured, condition map[string]any) (int64, bool) {
	if observed, found, _ := unstructured.NestedInt64(condition, "observedGeneration"); found {
		return observed, true
	}
	observed, found, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	return observed, found
}

// parsePath reads PATH or PATH=VALUE; without a value any will do.
func parsePath(input string) (predicate, error) {
	parts := splitAtEquals(input)
	if len(parts) > 2 {
		return nil, fmt.Errorf("jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'")
	}
	path, err := get.RelaxedPath(parts[0])
	if err != nil {
		return nil, err
	}
	value := ""
	if len(parts) == 2 {
		if value = strings.Trim(parts[1], `'"`); value == "" {
			return nil, errors.New("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
		}
	}
	if path == "" {
		return nil, errors.New("jsonpath expression cannot be empty")
	}
	parser := jsonpath.New("wait").AllowMissingKeys(true)
	if err := parser.Parse(path); err != nil {
		return nil, err
	}
	return func(object *unstructured.Unstructured) (bool, error) {
		results, err := parser.FindResults(object.UnstructuredContent())
		if err != nil {
			return false, err
		}
		return valueHolds(results, value)
	}, nil
}

// splitAtEquals splits at "=", but not at "==", which filters have.
func splitAtEquals(input string) []string {
	const double = "\x00"
	parts := strings.Split(strings.ReplaceAll(input, "==", double), "=")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, double, "==")
	}
	return parts
}

func valueHolds(results [][]reflect.Value, value string) (bool, error) {
	switch {
	case len(results) == 0 || len(results[0]) == 0:
		return false, nil
	case len(results) > 1:
		return false, errors.New("given jsonpath expression matches more than one list")
	case len(results[0]) > 1:
		return false, errors.New("given jsonpath expression matches more than one value")
	case value == "":
		return true, nil
	}
	found := results[0][0].Interface()
	switch found.(type) {
	case map[string]any, []any:
		return false, errors.New("jsonpath leads to a nested object or list which is not supported")
	}
	return strings.TrimSpace(fmt.Sprint(found)) == strings.TrimSpace(value), nil
}
