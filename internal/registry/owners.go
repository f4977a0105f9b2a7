package registry

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/equality"
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

// keepsOwners reports whether a write that leaves the object as it was leaves
// its owners, too.
func (r *Registry) keepsOwners(q Request, obj store.Object, old *store.Item, base *ownership.Record) bool {
	next := base
	if q.owners != nil || q.asWritten(obj) != obj {
		next = r.updatedBy(q, obj, old, base)
	}
	return ownersOf(old).Same(next)
}

// asWritten is the object whose fields a write takes: what the client has
// written, whatever has become of it. Mostly that is the object that is stored,
// and records that share it with the store are shorter.
func (q *Request) asWritten(obj store.Object) store.Object {
	if q.written == nil {
		return obj
	}
	unify(q.written, obj)
	if equality.Semantic(q.written, obj) && !q.form().Loses(q.written) {
		return obj
	}
	return q.written
}

// unify gives what was written the metadata of the stored object that nobody
// owns.
func unify(written, obj store.Object) {
	written.SetUID(obj.GetUID())
	written.SetGeneration(obj.GetGeneration())
	written.SetCreationTimestamp(obj.GetCreationTimestamp())
	written.SetSelfLink(obj.GetSelfLink())
}

// updatedBy is the record of owners of an object's next version.
func (r *Registry) updatedBy(q Request, obj store.Object, old *store.Item, base *ownership.Record) *ownership.Record {
	switch {
	case q.owners != nil:
		return q.owners
	case q.unowned:
		return base
	}
	return base.Updated(q.Kind, old.Object, q.asWritten(obj), r.write(q))
}
