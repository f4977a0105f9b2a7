package registry

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Put stores the next version of an object as it is: nothing is defaulted,
// admitted, validated or compared. It is for the engine's own components and
// their most frequent writes, heartbeats and statuses, which change nothing but
// what is theirs and are valid by construction. obj must have been made from
// the current version, and may share with it what has not changed.
func (r *Registry) Put(q Request, obj store.Object) (*store.Item, error) {
	return r.put(q, obj, (*ownership.Record).Updated)
}

// Renew is Put for a version in which nothing but instants has changed.
func (r *Registry) Renew(q Request, obj store.Object) (*store.Item, error) {
	return r.put(q, obj, (*ownership.Record).Renewed)
}

// owning is how the owners of a next version follow from those before it.
type owning func(before *ownership.Record, k *resources.Kind, live, obj store.Object, w ownership.Write) *ownership.Record

func (r *Registry) put(q Request, obj store.Object, owners owning) (*store.Item, error) {
	old := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if old == nil {
		return nil, q.notFound()
	}
	if err := r.checkVersion(q, obj, old); err != nil {
		return nil, err
	}
	item := r.Store.Replace(old, obj, owners(ownersOf(old), q.Kind, old.Object, obj, r.write(q)))
	if r.finished(q.Kind, obj) {
		return r.remove(q, item)
	}
	return item, nil
}

// Install stores a new object as it is, but for its identity: nothing is
// defaulted, admitted or validated. It is for what clusters start with, which
// is valid by construction. obj may share with others what does not change.
func (r *Registry) Install(q Request, obj store.Object) (*store.Item, error) {
	r.identify(obj)
	item, err := r.Store.Create(q.resource(), obj, ownership.Created(q.Kind, obj, r.write(q)))
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	return item, nil
}
