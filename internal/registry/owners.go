package registry

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/store"
)

// ownersOf is the record of a stored object's owners.
func ownersOf(item *store.Item) *ownership.Record {
	record, _ := item.Attached.(*ownership.Record)
	return record
}

// baseOwners are the owners that a write adds to: those that the client wrote
// into the object itself where they make sense, else those before. It leaves in
// the object what is to be validated.
func (q *Request) baseOwners(obj store.Object, before *ownership.Record) *ownership.Record {
	explicit := obj.GetManagedFields()
	obj.SetManagedFields(nil)
	if explicit == nil || q.Subresource != "" {
		return before
	}
	base := before.Replaced(q.Kind, explicit)
	if base != before {
		obj.SetManagedFields(base.Entries())
	}
	return base
}

// createdBy is the record of a new object's owner, who does not own what
// admission and the kind will add.
func (r *Registry) createdBy(q Request, obj store.Object) *ownership.Record {
	base := q.baseOwners(obj, nil)
	if q.owners != nil {
		return q.owners
	}
	return base.Updated(q.Kind, nil, obj.DeepCopyObject().(store.Object), r.write(q))
}

// write is the request as managedFields records it.
func (r *Registry) write(q Request) ownership.Write {
	w := ownership.Write{
		Manager:     q.Manager,
		Operation:   q.Operation,
		APIVersion:  q.APIVersion,
		Subresource: q.Subresource,
		Time:        r.Loop.Now(),
	}
	if w.Operation == "" {
		w.Operation = string(metav1.ManagedFieldsOperationUpdate)
	}
	if w.APIVersion == "" {
		w.APIVersion = q.Kind.Storage().String()
	}
	return w
}

// unchanged reports whether a write leaves the owners as they were.
func unchanged(before, base, next *ownership.Record) bool {
	if next == nil {
		next = base
	}
	return before.Same(next)
}

// updatedBy is the record of owners of an object's next version.
func (r *Registry) updatedBy(q Request, obj store.Object, old *store.Item, base *ownership.Record) *ownership.Record {
	switch {
	case q.owners != nil:
		return q.owners
	case q.unowned:
		return base
	}
	return base.Updated(q.Kind, old.Object, obj, r.write(q))
}
