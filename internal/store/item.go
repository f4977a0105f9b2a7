package store

import (
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Item is an object at a revision. It never changes, apart from caches that
// are derived from it.
type Item struct {
	Object   Object
	Revision int64
	// Created is the revision at which the object was created.
	Created int64
	// Attached is what the writer keeps with the object at this revision:
	// the record of who owns which field.
	Attached any

	key      string
	resource *schema.GroupResource
	// table is where the object's table stands in the store and in its forks.
	table   int
	derived [numDerived]atomic.Pointer[any]
}

// Unstored is an item that is in no store: what a dry run answers with.
func Unstored(obj Object, attached any) *Item {
	return &Item{Object: obj, Attached: attached, key: Name(obj.GetNamespace(), obj.GetName())}
}

// Key is the object's name within its resource; see Name.
func (i *Item) Key() string { return i.key }

// Slot names one of the derived values that are cached with an Item.
type Slot int

// The derived values.
const (
	JSON Slot = iota
	Protobuf
	Compiled // the expressions of a policy
	numDerived
)

// Derived returns the value in a slot, computing it on first use. Concurrent
// callers may compute it more than once; all must come to an equal value.
func (i *Item) Derived(slot Slot, compute func() any) any {
	if v := i.derived[slot].Load(); v != nil {
		return *v
	}
	v := compute()
	i.derived[slot].Store(&v)
	return v
}

// Peek returns the value in a slot, or nil when it has not been computed.
func (i *Item) Peek(slot Slot) any {
	if v := i.derived[slot].Load(); v != nil {
		return *v
	}
	return nil
}

// EventType says what a write did.
type EventType int

// The types of events.
const (
	Added EventType = iota
	Modified
	Deleted
)

func (t EventType) String() string { return [...]string{"ADDED", "MODIFIED", "DELETED"}[t] }
