package mutatingadmissionpolicy

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/cel/mutation/dynamic"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/expression"
	"github.com/kubejig/kubejig/internal/ownership"
)

// apply merges the configuration that an expression made into an object.
func (q *asking) apply(i invocation, obj runtime.Object, made ref.Val) error {
	object, ok := made.(*dynamic.ObjectVal)
	if !ok {
		return fmt.Errorf("unsupported return type from ApplyConfiguration expression: %v", made.Type())
	}
	if err := object.CheckTypeNamesMatchFieldPathNames(); err != nil {
		return fmt.Errorf("type mismatch: %w", err)
	}
	content, ok := object.Value().(map[string]any)
	if !ok {
		return fmt.Errorf("invalid return type: %T", made)
	}
	config := &unstructured.Unstructured{Object: content}
	config.SetGroupVersionKind(i.target.Kind)
	merged, err := ownership.Merge(q.request.Kind, obj, config)
	if err != nil {
		return fmt.Errorf("error applying patch: %w", err)
	}
	next := policy.NewLike(obj)
	if u, ok := next.(*unstructured.Unstructured); ok {
		u.Object = merged
	} else if err := runtime.DefaultUnstructuredConverter.FromUnstructured(merged, next); err != nil {
		return err
	}
	return q.replace(i, next)
}

// replace puts what a mutation made in the place of the request's object.
// Kubernetes can't do so with what has a Go type and is of another version than
// the request.
func (q *asking) replace(i invocation, next runtime.Object) error {
	if asked := q.request.Asked.Kind; i.target.Kind != asked && q.request.Kind.Custom == nil {
		from := reflect.TypeOf(next).Elem()
		return fmt.Errorf("converting (%v) to (%s.%s): unknown conversion", from, asked.Version, asked.Kind)
	}
	return q.request.Replace(i.target, next)
}

// seen is the object as the expressions of an invocation see it.
func (q *asking) seen(i invocation) (ref.Val, error) {
	obj, err := q.request.Written(i.target)
	if err != nil {
		return nil, err
	}
	return expression.ValueOf(obj)
}
