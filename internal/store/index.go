package store

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// IndexFunc appends the values under which an object is found in an index.
type IndexFunc func(obj Object, values []string) []string

// index finds the objects of a table by a derived value. Its keys are
// "value\x00key", so that the objects of one value stand together in list
// order. It holds no objects, so that most writes leave it as it is.
type index struct {
	name   string
	values IndexFunc
	keys   *btree.Map[string, struct{}]
	// before and after are room for the values of a write.
	before, after []string
}

// AddIndex adds a named index over the objects of a resource, filled with what
// is there. Adding a name twice is harmless.
func (s *Store) AddIndex(gr schema.GroupResource, name string, values IndexFunc) {
	t := s.table(gr)
	if t.index(name) != nil {
		return
	}
	ix := &index{name: name, values: values, keys: new(btree.Map[string, struct{}])}
	t.items.Scan(func(_ string, item *Item) bool {
		ix.replace(nil, item)
		return true
	})
	t.indexes = append(t.indexes, ix)
}

// ScanIndex calls f for the objects of a resource with the given value in the
// named index, in list order, until f returns false.
func (s *Store) ScanIndex(gr schema.GroupResource, name, value string, f func(*Item) bool) {
	t := s.table(gr)
	prefix := value + "\x00"
	t.index(name).keys.Ascend(prefix, func(key string, _ struct{}) bool {
		key, ok := strings.CutPrefix(key, prefix)
		if !ok {
			return false
		}
		item, ok := t.items.Get(key)
		return !ok || f(item)
	})
}

func (t *table) index(name string) *index {
	i := slices.IndexFunc(t.indexes, func(ix *index) bool { return ix.name == name })
	if i < 0 {
		return nil
	}
	return t.indexes[i]
}

func (ix *index) replace(old, item *Item) {
	ix.before, ix.after = ix.before[:0], ix.after[:0]
	if old != nil {
		ix.before = ix.values(old.Object, ix.before)
	}
	if item != nil {
		ix.after = ix.values(item.Object, ix.after)
	}
	for _, v := range ix.before {
		if !slices.Contains(ix.after, v) {
			ix.keys.Delete(v + "\x00" + old.key)
		}
	}
	for _, v := range ix.after {
		if !slices.Contains(ix.before, v) {
			ix.keys.Set(v+"\x00"+item.key, struct{}{})
		}
	}
}

func (ix *index) fork() *index {
	return &index{name: ix.name, values: ix.values, keys: ix.keys.Copy()}
}
