package store

import (
	"sort"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Event is one write. Item is the object after it (for a deletion, its final
// state, at the revision of the deletion), Old the object before it. It is kept
// small, since the history of heartbeats is long.
type Event struct {
	Type EventType
	Item *Item
	Old  *Item
}

// Resource is the resource of the object.
func (e Event) Resource() schema.GroupResource { return *e.Item.resource }

// eventLog is the history of one table since the last compaction, oldest
// first. Positions are absolute: they stay valid when old events are dropped.
type eventLog struct {
	events []Event
	base   int
}

func (l *eventLog) append(ev Event) { l.events = append(l.events, ev) }

// end is the position after the latest event.
func (l *eventLog) end() int { return l.base + len(l.events) }

// after is the position of the first event later than a revision.
func (l *eventLog) after(revision int64) int {
	return l.base + sort.Search(len(l.events), func(i int) bool { return l.events[i].Item.Revision > revision })
}

// from returns the events from a position on; ok is false when some of them
// have been dropped.
func (l *eventLog) from(position int) (events []Event, ok bool) {
	if position < l.base {
		return nil, false
	}
	return l.events[position-l.base:], true
}

func (l *eventLog) compact(revision int64) {
	n := l.after(revision) - l.base
	if n == 0 {
		return
	}
	kept := l.events[n:]
	// As much again is likely to be written until the next compaction.
	l.events = append(make([]Event, 0, 2*len(kept)), kept...)
	l.base += n
}

// fork shares the events: both sides only append, and the capacity is cut so
// that each appends to its own copy.
func (l *eventLog) fork() *eventLog {
	n := len(l.events)
	l.events = l.events[:n:n]
	return &eventLog{events: l.events, base: l.base}
}
