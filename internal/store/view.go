package store

import (
	"fmt"
	"strings"

	"github.com/tidwall/btree"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// View is the objects of one resource at one revision. It does not change when
// the store does, and may be read without the store's lock.
type View struct {
	Revision int64
	items    *btree.Map[string, *Item]
}

// Latest returns the objects of a resource as they are now.
func (s *Store) Latest(gr schema.GroupResource) View {
	return View{Revision: s.revision, items: s.table(gr).items.Copy()}
}

// At returns the objects of a resource as they were at a revision. It fails
// with ErrCompacted or ErrFuture when the store does not know.
func (s *Store) At(gr schema.GroupResource, revision int64) (View, error) {
	switch {
	case revision > s.revision:
		return View{}, fmt.Errorf("revision %d, latest is %d: %w", revision, s.revision, ErrFuture)
	case revision < s.compacted:
		return View{}, fmt.Errorf("revision %d, compacted at %d: %w", revision, s.compacted, ErrCompacted)
	}
	t := s.table(gr)
	items := t.items.Copy()
	events, _ := t.log.from(t.log.after(revision))
	for i := len(events) - 1; i >= 0; i-- {
		undo(items, events[i])
	}
	return View{Revision: revision, items: items}, nil
}

func undo(items *btree.Map[string, *Item], ev Event) {
	if ev.Old == nil {
		items.Delete(ev.Item.key)
		return
	}
	items.Set(ev.Old.key, ev.Old)
}

// Len is the number of objects in the view.
func (v View) Len() int { return v.items.Len() }

// Scan calls f for the objects of a namespace ("" for all) whose key comes
// after the given one ("" for the start), in order, until f returns false.
func (v View) Scan(namespace, after string, f func(*Item) bool) {
	scan(v.items, namespace, after, f)
}

// Len is the number of objects of a resource.
func (s *Store) Len(gr schema.GroupResource) int { return s.table(gr).items.Len() }

// Scan calls f for the objects of a resource in a namespace ("" for all), in
// order, until f returns false. f must not write.
func (s *Store) Scan(gr schema.GroupResource, namespace string, f func(*Item) bool) {
	scan(s.table(gr).items, namespace, "", f)
}

func scan(items *btree.Map[string, *Item], namespace, after string, f func(*Item) bool) {
	prefix := ""
	if namespace != "" {
		prefix = namespace + "/"
	}
	items.Ascend(max(prefix, after), func(key string, item *Item) bool {
		if key == after && after != "" {
			return true
		}
		return strings.HasPrefix(key, prefix) && f(item)
	})
}
