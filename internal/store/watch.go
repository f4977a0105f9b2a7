package store

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Watcher reads the writes of a resource from a revision on. It holds a
// position in the shared history, not a queue, so that a slow one costs
// nothing; one that is overtaken by compaction gets ErrCompacted.
type Watcher struct {
	store    *Store
	table    *table
	position int
	notify   func()
	ended    bool
}

// Watch starts reading the writes of a resource after a revision. notify is
// called within each write (and compaction); it must not block or call back.
func (s *Store) Watch(gr schema.GroupResource, revision int64, notify func()) (*Watcher, error) {
	if revision < s.compacted {
		return nil, fmt.Errorf("revision %d, compacted at %d: %w", revision, s.compacted, ErrCompacted)
	}
	t := s.table(gr)
	w := &Watcher{store: s, table: t, position: t.log.after(revision), notify: notify}
	t.watchers = append(t.watchers, w)
	return w, nil
}

// Next returns the writes since the last call, oldest first; none when there
// are none yet. With the last ones of a watch that has been ended comes ErrEnded.
func (w *Watcher) Next() ([]Event, error) {
	events, ok := w.table.log.from(w.position)
	if !ok {
		return nil, fmt.Errorf("compacted at %d: %w", w.store.compacted, ErrCompacted)
	}
	w.position = w.table.log.end()
	if w.ended {
		return slices.Clip(events), ErrEnded
	}
	return slices.Clip(events), nil
}

// EndWatches ends all watches of a resource that are open now.
func (s *Store) EndWatches(gr schema.GroupResource) {
	t := s.table(gr)
	for _, w := range t.watchers {
		w.ended = true
	}
	t.wake()
	t.watchers = nil
}

// Stop ends the watch.
func (w *Watcher) Stop() {
	w.table.watchers = slices.DeleteFunc(w.table.watchers, func(o *Watcher) bool { return o == w })
}

// Watchers is the number of watches that are open.
func (s *Store) Watchers() int {
	n := 0
	for _, t := range s.order {
		n += len(t.watchers)
	}
	return n
}
