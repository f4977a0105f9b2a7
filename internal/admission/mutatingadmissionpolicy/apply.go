package mutatingadmissionpolicy

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/common/types/ref"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/cel/mutation/dynamic"

	"github.com/kubejig/kubejig/internal/expression"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
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
	next := newLike(obj)
	if u, ok := next.(*unstructured.Unstructured); ok {
		u.Object = merged
	} else if err := runtime.DefaultUnstructuredConverter.FromUnstructured(merged, next); err != nil {
		return err
	}
	return q.replace(i, next)
}

// newLike is an empty object of the same type.
func newLike(obj runtime.Object) runtime.Object {
	return reflect.New(reflect.TypeOf(obj).Elem()).Interface().(runtime.Object)
}

// replace puts what a mutation made in the place of the request's object.
// Kubernetes can't do so with what has a Go type and is of another version than
// the request.
func (q *asking) replace(i invocation, next runtime.Object) error {
	if asked := q.request.Asked.Kind; i.target.Kind != asked && q.request.Kind.Custom == nil {
		from := reflect.TypeOf(next).Elem()
		return fmt.Errorf("converting (%v) to (%s.%s): unknown conversion", from, asked.Version, asked.Kind)
	}
	if scale, ok := next.(*autoscalingv1.Scale); ok && q.request.Kind.Name != "Scale" {
		return q.request.Kind.Subresources[q.request.Subresource].Scale.Set(q.request.Object, scale.Spec.Replicas)
	}
	stored := next.(store.Object)
	if v := q.request.Kind.Version(i.target.Kind.GroupVersion()); v != nil && i.target.Kind.Kind == q.request.Kind.Name {
		var err error
		if stored, err = complete(v, stored); err != nil {
			return apierrors.NewInternalError(fmt.Errorf("failed to convert object: %w", err))
		}
	}
	if _, ok := stored.(*unstructured.Unstructured); !ok {
		stored.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	}
	reflect.ValueOf(q.request.Object).Elem().Set(reflect.ValueOf(stored).Elem())
	return nil
}

// complete prunes an object of a version, sets its defaults, and returns it in the
// storage version.
func complete(v *resources.Version, obj store.Object) (store.Object, error) {
	if v.Prune != nil {
		if _, err := v.Prune(obj); err != nil {
			return nil, err
		}
	}
	if v.Default != nil {
		v.Default(obj)
	}
	if v.ToStorage != nil {
		return v.ToStorage(obj)
	}
	return obj, nil
}

// seen is the object as the expressions of an invocation see it.
func (q *asking) seen(i invocation) (ref.Val, error) {
	obj, err := q.request.Written(i.target)
	if err != nil {
		return nil, err
	}
	return expression.ValueOf(obj)
}
