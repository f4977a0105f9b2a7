package wait

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/dynamic"

	"github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

// goal waits until one object is as it should be, and returns it.
type goal func(ctx context.Context, info *resource.Info) (runtime.Object, error)

// waiter is what all goals of one run have in common.
type waiter struct {
	f       *factory.Factory
	client  dynamic.Interface
	timeout time.Duration // 0: only look.
}

// errNotMet ends a wait that only looks.
var errNotMet = errors.New("condition not met")

func notMet(info *resource.Info) error { return fmt.Errorf("%w for %s", errNotMet, info.ObjectName()) }

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
		return nil, notMet(info)
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
			return look(ctx, where, info, holds)
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

// look judges an object once.
func look(ctx context.Context, where dynamic.ResourceInterface, info *resource.Info, holds predicate) (runtime.Object, error) {
	live, err := where.Get(ctx, info.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	met, err := holds(live)
	if err == nil && !met {
		err = notMet(info)
	}
	return live, err
}
