// Package ownership keeps metadata.managedFields: who owns which field of an
// object.
//
// Most writes are never asked about, so a Record only notes who made which
// version; the entries are worked out when somebody reads them. Records are
// immutable and pure.
package ownership

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// Record is the history of one object's owners up to one version.
type Record struct {
	// before is the record of the version that this one replaced.
	before *Record
	// explicit entries stand for all history before this record, when set.
	explicit []metav1.ManagedFieldsEntry
	set      bool
	object   store.Object
	write    Write
}

// Created is the record of a new object.
func Created(obj store.Object, w Write) *Record {
	return &Record{object: obj, write: w}
}

// Updated is the record of an object's next version. Consecutive writes of one
// manager through one path count as one, so that a heartbeat grows nothing.
func (r *Record) Updated(obj store.Object, w Write) *Record {
	before := r
	if r != nil && r.before != nil && sameOwner(r.write, w) {
		before = r.before
	}
	return &Record{before: before, object: obj, write: w}
}

func sameOwner(a, b Write) bool {
	return a.Manager == b.Manager && a.Operation == b.Operation &&
		a.APIVersion == b.APIVersion && a.Subresource == b.Subresource
}

// Replaced is the record with entries that a client has written itself.
func (r *Record) Replaced(entries []metav1.ManagedFieldsEntry) *Record {
	return &Record{explicit: entries, set: true}
}
