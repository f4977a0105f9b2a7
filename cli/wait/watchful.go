package wait

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
	"github.com/kubejig/kubejig/cli/why"
)

// alternative is one --for of which several may be given.
type alternative struct {
	text string
	// holds judges the object, nil if it does not exist (any more).
	holds predicate
}

// watchful is the way to wait with --any and --progress: each set of
// alternatives is waited for until one of them holds.
func (o *options) watchful(w *waiter, printer printers.ResourcePrinter) (func(context.Context, *resource.Info) error, error) {
	var sets [][]alternative
	for _, condition := range o.forAll {
		a, err := parseAlternative(condition)
		if err != nil {
			return nil, err
		}
		if o.any && len(sets) == 1 {
			sets[0] = append(sets[0], a)
		} else {
			sets = append(sets, []alternative{a})
		}
	}
	return func(ctx context.Context, info *resource.Info) error {
		for _, set := range sets {
			object, met, err := o.untilOne(ctx, w, info, set)
			if err != nil {
				return err
			}
			p := printer
			if o.any && o.print.Format == "" {
				p = &printers.NamePrinter{Operation: fmt.Sprintf("condition met (%s)", met)}
			}
			_ = p.PrintObj(object, w.f.Out)
		}
		return nil
	}, nil
}

func parseAlternative(condition string) (alternative, error) {
	switch {
	case strings.EqualFold(condition, "create"):
		return alternative{condition, func(object *unstructured.Unstructured) (bool, error) { return object != nil, nil }}, nil
	case strings.EqualFold(condition, "delete"):
		return alternative{condition, func(object *unstructured.Unstructured) (bool, error) { return object == nil, nil }}, nil
	}
	holds, err := parseCondition(condition)
	return alternative{condition, func(object *unstructured.Unstructured) (bool, error) {
		if object == nil {
			return false, nil
		}
		return holds(object)
	}}, err
}

// untilOne waits until one of the alternatives holds for an object. It returns
// the object as it was last seen, and what held.
func (o *options) untilOne(ctx context.Context, w *waiter, info *resource.Info, set []alternative) (last runtime.Object, met string, err error) {
	if info.Name == "" {
		return nil, "", errors.New("resource name must be provided")
	}
	last = info.Object
	id := uidOf(info.Object)
	news := &progress{}
	if o.progress {
		news.to = w.f.ErrOut
	}
	where := w.client.Resource(info.Mapping.Resource).Namespace(info.Namespace)
	err = waiting.For(ctx, w.f, where, info.Name, w.timeout, func(object *unstructured.Unstructured) (bool, error) {
		switch {
		case object != nil && object.GetUID() != id:
			object = nil // Another one by the same name.
		case object != nil:
			last = object
		}
		for _, a := range set {
			if held, err := a.holds(object); held || err != nil {
				met = a.text
				return held, err
			}
		}
		if object == nil {
			return false, apierrors.NewNotFound(info.Mapping.Resource.GroupResource(), info.Name)
		}
		news.tell(info.ObjectName(), object)
		if w.timeout == 0 {
			return false, errNotMet
		}
		return false, nil
	})
	switch {
	case errors.Is(err, errNotMet):
		err = notMet(info)
	case err != nil && o.progress:
		why.Tell(ctx, w.f, w.f.ErrOut, last)
	}
	return last, met, waiting.OnTimeout(err, info.Mapping.Resource.Resource, info.Name)
}

func uidOf(object runtime.Object) types.UID {
	if found, ok := object.(*unstructured.Unstructured); ok {
		return found.GetUID()
	}
	return ""
}

// progress says why an object is not as it should be, once for each reason.
type progress struct {
	to   io.Writer // nil: say nothing.
	last string
}

func (p *progress) tell(name string, object *unstructured.Unstructured) {
	if p.to == nil {
		return
	}
	text := health.Of(object).String()
	if text != p.last {
		fmt.Fprintf(p.to, "%s: %s\n", name, text)
	}
	p.last = text
}
