// Package ownership keeps metadata.managedFields, who owns which field of an
// object, and merges what clients apply (server-side apply), as
// https://kubernetes.io/docs/reference/using-api/server-side-apply/ has it.
//
// Most writes are never asked about, so a Record only notes who made which
// version; the entries are worked out when somebody reads them. The package is
// pure: it reads no clock and changes no object that it is given.
package ownership

import (
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Write is one write as managedFields records it.
type Write struct {
	Manager     string
	Operation   string // "Update" or "Apply"
	APIVersion  string
	Subresource string
	Time        time.Time
}

func (w Write) identifier() string {
	e := metav1.ManagedFieldsEntry{
		Manager: w.Manager, Operation: metav1.ManagedFieldsOperationType(w.Operation),
		APIVersion: w.APIVersion, Subresource: w.Subresource,
	}
	if e.Manager == "" {
		e.Manager = "unknown"
	}
	return identifier(e)
}

// Record is the history of one object's owners up to one version. It is
// immutable; nil is an object that nobody owns.
type Record struct {
	kind *resources.Kind
	// before is the record of the version that the write replaced.
	before *Record
	// live is what the write found, nil for nothing, and object what it made
	// of it, as the client had it.
	live, object store.Object
	write        Write
	// depth is the number of records that must be worked out before this one.
	depth int
	// known are the owners, once they have been worked out.
	known atomic.Pointer[owners]
}

// maxDepth is how many writes are remembered before their owners are worked
// out, asked or not.
const maxDepth = 32

// Created is the record of a new object, as its client had it: with defaults,
// before admission. The object must not change afterwards.
func Created(k *resources.Kind, obj store.Object, w Write) *Record {
	return &Record{kind: k, object: obj, write: w}
}

// Updated is the record of an object's next version.
func (r *Record) Updated(k *resources.Kind, live, obj store.Object, w Write) *Record {
	return (&Record{kind: k, before: r, live: live, object: obj, write: w}).linked()
}

// Renewed is the record of a next version in which nothing but instants has
// changed. Since time does not run backwards, such a write changes nothing back:
// it counts as one with a write of the same manager before it, so that
// heartbeats grow nothing.
func (r *Record) Renewed(k *resources.Kind, live, obj store.Object, w Write) *Record {
	next := &Record{kind: k, before: r, live: live, object: obj, write: w}
	if r != nil && r.object == live && r.live != nil && sameOwner(r.write, w) {
		next.before, next.live = r.before, r.live
	}
	return next.linked()
}

// linked counts the records before r, and works the owners out when there are
// too many.
func (r *Record) linked() *Record {
	if r.before == nil {
		return r
	}
	r.depth = r.before.depth + 1
	if r.depth > maxDepth {
		return settled(r.kind, r.owners())
	}
	return r
}

func sameOwner(a, b Write) bool {
	return a.Manager == b.Manager && a.Operation == b.Operation &&
		a.APIVersion == b.APIVersion && a.Subresource == b.Subresource
}

// settled is a record whose owners are known from the start.
func settled(k *resources.Kind, o owners) *Record {
	r := &Record{kind: k}
	r.known.Store(&o)
	return r
}

// Replaced is the record that stands when a client writes entries of its own.
// Entries that make no sense are ignored, an empty list or a single empty
// entry forgets all owners.
func (r *Record) Replaced(k *resources.Kind, entries []metav1.ManagedFieldsEntry) *Record {
	if len(entries) == 0 || len(entries) == 1 && isEmpty(entries[0]) {
		return settled(k, noOwners())
	}
	given, err := decode(entries)
	if err != nil || len(given.fields) == 0 {
		return r
	}
	return settled(k, given)
}

func isEmpty(e metav1.ManagedFieldsEntry) bool { return e == metav1.ManagedFieldsEntry{} }

// Same reports whether two records have the same owners, whenever they took
// what they own.
func (r *Record) Same(other *Record) bool { return r == other || r.owners().equal(other.owners()) }

// Entries are the owners as metadata.managedFields shows them.
func (r *Record) Entries() []metav1.ManagedFieldsEntry {
	entries, err := r.owners().encode()
	if err != nil {
		return nil // a set that can't be encoded can't have been made
	}
	return entries
}

// owners works out who owns what.
func (r *Record) owners() owners {
	if r == nil {
		return noOwners()
	}
	if o := r.known.Load(); o != nil {
		return *o
	}
	o := r.compute()
	r.known.Store(&o)
	return o
}

// compute applies the record's write to the owners before it. As in
// Kubernetes, an error leaves them as they were.
func (r *Record) compute() owners {
	before := r.before.owners()
	if r.live != nil && len(before.fields) == 0 {
		return before // nobody has been tracked from the start
	}
	o, err := modelOf(r.kind).update(before.clone(), r.live, r.object, r.write)
	if err != nil {
		return before
	}
	return o
}

// stripped are the fields that nobody owns.
var stripped = fieldpath.NewSet(
	fieldpath.MakePathOrDie("apiVersion"),
	fieldpath.MakePathOrDie("kind"),
	fieldpath.MakePathOrDie("metadata"),
	fieldpath.MakePathOrDie("metadata", "name"),
	fieldpath.MakePathOrDie("metadata", "namespace"),
	fieldpath.MakePathOrDie("metadata", "creationTimestamp"),
	fieldpath.MakePathOrDie("metadata", "selfLink"),
	fieldpath.MakePathOrDie("metadata", "uid"),
	fieldpath.MakePathOrDie("metadata", "clusterName"),
	fieldpath.MakePathOrDie("metadata", "generation"),
	fieldpath.MakePathOrDie("metadata", "managedFields"),
	fieldpath.MakePathOrDie("metadata", "resourceVersion"),
)
