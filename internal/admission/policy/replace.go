package policy

import (
	"fmt"
	"reflect"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// NewLike is an empty object of the same type.
func NewLike(obj runtime.Object) runtime.Object {
	return reflect.New(reflect.TypeOf(obj).Elem()).Interface().(runtime.Object)
}

// Replace puts another object in the place of the one that the request writes:
// one of a target's version, which is completed as if it came from a client.
func (r *Request) Replace(t Target, next runtime.Object) error {
	if s := r.subresource; s != nil && s.Scale != nil {
		return s.Scale.Set(r.Object, next.(*autoscalingv1.Scale).Spec.Replicas)
	}
	stored := next.(store.Object)
	if v := r.Kind.Version(t.Kind.GroupVersion()); v != nil && t.Kind.Kind == r.Kind.Name {
		var err error
		if stored, err = complete(v, stored); err != nil {
			return apierrors.NewInternalError(fmt.Errorf("failed to convert object: %w", err))
		}
	}
	if _, ok := stored.(*unstructured.Unstructured); !ok {
		stored.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	}
	reflect.ValueOf(r.Object).Elem().Set(reflect.ValueOf(stored).Elem())
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
