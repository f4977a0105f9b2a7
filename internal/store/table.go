package store

import (
	"fmt"

	"github.com/tidwall/btree"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// table holds the objects of one resource, their indexes and their history.
type table struct {
	resource *schema.GroupResource
	position int // in the order of the store's tables
	items    *btree.Map[string, *Item]
	indexes  []*index
	log      *eventLog
	follow   []func(Event)
	watchers []*Watcher
}

func newTable(gr schema.GroupResource, position int) *table {
	return &table{resource: &gr, position: position, items: new(btree.Map[string, *Item]), log: &eventLog{}}
}

func (t *table) expect(key string, expected int64) (*Item, error) {
	old, ok := t.items.Get(key)
	if !ok {
		return nil, fmt.Errorf("%s %q: %w", t.resource, key, ErrNotFound)
	}
	if expected != AnyRevision && old.Revision != expected {
		return nil, fmt.Errorf("%s %q: at revision %d, not %d: %w", t.resource, key, old.Revision, expected, ErrConflict)
	}
	return old, nil
}

func (t *table) put(item, old *Item) {
	t.items.Set(item.key, item)
	for _, ix := range t.indexes {
		ix.replace(old, item)
	}
}

func (t *table) remove(old *Item) {
	t.items.Delete(old.key)
	for _, ix := range t.indexes {
		ix.replace(old, nil)
	}
}

// wake tells the watchers that there is something to read.
func (t *table) wake() {
	for _, w := range t.watchers {
		w.notify()
	}
}

func (t *table) fork() *table {
	c := &table{
		resource: t.resource,
		position: t.position,
		items:    t.items.Copy(),
		log:      t.log.fork(),
		indexes:  make([]*index, len(t.indexes)),
	}
	for i, ix := range t.indexes {
		c.indexes[i] = ix.fork()
	}
	return c
}
