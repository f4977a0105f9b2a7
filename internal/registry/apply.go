package registry

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/store"
)

// Apply merges a configuration into an object, or creates the object
// (server-side apply). The configuration is of the version in which the
// request speaks.
func (r *Registry) Apply(q Request, config *unstructured.Unstructured, force bool) (Result, error) {
	q.Operation = string(metav1.ManagedFieldsOperationApply)
	old := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if old == nil {
		return r.applyNew(q, config, force)
	}
	before := ownersOf(old)
	obj, owners, err := ownership.Apply(q.Kind, old.Object, before, config, r.write(q), force)
	if err != nil {
		return Result{}, err
	}
	q.owners = owners
	return r.Update(q, func(store.Object) (store.Object, error) { return obj, nil })
}

func (r *Registry) applyNew(q Request, config *unstructured.Unstructured, force bool) (Result, error) {
	if err := q.checkName(); err != nil {
		return Result{}, err
	}
	if q.Subresource != "" {
		return Result{}, q.notFound()
	}
	obj, owners, err := ownership.Apply(q.Kind, nil, nil, config, r.write(q), force)
	if err != nil {
		return Result{}, err
	}
	if uid := obj.GetUID(); uid != "" {
		return Result{}, apierrors.NewConflict(q.resource(), q.Name, fmt.Errorf("uid mismatch: the provided object specified uid %s, and no existing object was found", uid))
	}
	if err := q.MeantName(obj.GetName()); err != nil {
		return Result{}, err
	}
	obj.SetResourceVersion("")
	q.owners = owners
	return r.Create(q, obj)
}
