// Package store is the engine's only store: objects by resource and name, with
// revisions as in etcd.
//
// A list is of one revision, a watch starts after one, and every write compares
// and swaps. Objects are immutable once stored: readers share them, and whoever
// wants to change one copies it first. A Fork costs O(1) per resource, since
// both sides share structure until they write.
//
// The store is not safe for concurrent use, does no I/O and knows nothing of
// kinds: validation, defaulting and admission have been done before.
package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is what can be stored: a Kubernetes object with metadata.
type Object interface {
	runtime.Object
	v1.Object
}

// Errors of writes and reads. Callers turn them into API statuses.
var (
	ErrExists    = errors.New("object exists already")
	ErrNotFound  = errors.New("object not found")
	ErrConflict  = errors.New("object has changed since")
	ErrCompacted = errors.New("revision has been compacted")
	ErrFuture    = errors.New("revision is in the future")
	ErrEnded     = errors.New("watch has been ended")
)

// AnyRevision as the expected revision of a write means: whatever is there.
const AnyRevision = 0

// Store holds all objects of one cluster.
type Store struct {
	revision  int64
	compacted int64
	tables    map[schema.GroupResource]*table
	order     []*table // by position
	follow    []func(Event)
}

// New returns an empty store at revision 1, like a fresh etcd.
func New() *Store {
	return &Store{revision: 1, tables: map[schema.GroupResource]*table{}}
}

// Revision is the revision of the latest write.
func (s *Store) Revision() int64 { return s.revision }

// Compacted is the revision up to which history is gone.
func (s *Store) Compacted() int64 { return s.compacted }

// AddResource makes room for objects of a resource. Adding it twice is
// harmless.
func (s *Store) AddResource(gr schema.GroupResource) { s.table(gr) }

func (s *Store) table(gr schema.GroupResource) *table {
	t, ok := s.tables[gr]
	if !ok {
		t = newTable(gr, len(s.order))
		s.tables[gr] = t
		s.order = append(s.order, t)
	}
	return t
}

// Name is the name of an object within its resource, as it orders lists:
// "namespace/name", or "name" for what is cluster-scoped.
func Name(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// SplitName is the inverse of Name.
func SplitName(key string) (namespace, name string) {
	if i := strings.IndexByte(key, '/'); i >= 0 {
		return key[:i], key[i+1:]
	}
	return "", key
}

// Get returns an object, or nil when it is not there.
func (s *Store) Get(gr schema.GroupResource, namespace, name string) *Item {
	t, ok := s.tables[gr]
	if !ok {
		return nil
	}
	item, _ := t.items.Get(Name(namespace, name))
	return item
}

// Create stores a new object and gives it its resourceVersion. The object
// belongs to the store from here on; attached is kept with the item.
func (s *Store) Create(gr schema.GroupResource, obj Object, attached any) (*Item, error) {
	t := s.table(gr)
	key := Name(obj.GetNamespace(), obj.GetName())
	if _, exists := t.items.Get(key); exists {
		return nil, fmt.Errorf("%s %q: %w", gr, key, ErrExists)
	}
	s.revision++
	obj.SetResourceVersion(FormatRevision(s.revision))
	item := &Item{Object: obj, Revision: s.revision, Created: s.revision, Attached: attached, key: key, resource: t.resource, table: t.position}
	t.put(item, nil)
	s.commit(t, Event{Type: Added, Item: item})
	return item, nil
}

// Update replaces an object, if it still has the expected revision, and gives
// the new one its resourceVersion. The object belongs to the store from here
// on; attached is kept with the item.
func (s *Store) Update(gr schema.GroupResource, obj Object, expected int64, attached any) (*Item, error) {
	t := s.table(gr)
	old, err := t.expect(Name(obj.GetNamespace(), obj.GetName()), expected)
	if err != nil {
		return nil, err
	}
	return s.Replace(old, obj, attached), nil
}

// Replace is Update of an item that the caller has read since the last write:
// it is not looked up again.
func (s *Store) Replace(old *Item, obj Object, attached any) *Item {
	t := s.order[old.table]
	s.revision++
	obj.SetResourceVersion(FormatRevision(s.revision))
	item := &Item{Object: obj, Revision: s.revision, Created: old.Created, Attached: attached, key: old.key, resource: t.resource, table: t.position}
	t.put(item, old)
	s.commit(t, Event{Type: Modified, Item: item, Old: old})
	return item
}

// Delete removes an object, if it still has the expected revision. The final
// state, which watchers see, is the stored object with the revision of its
// deletion.
func (s *Store) Delete(gr schema.GroupResource, namespace, name string, expected int64) (*Item, error) {
	t := s.table(gr)
	key := Name(namespace, name)
	old, err := t.expect(key, expected)
	if err != nil {
		return nil, err
	}
	s.revision++
	final := old.Object.DeepCopyObject().(Object)
	final.SetResourceVersion(FormatRevision(s.revision))
	item := &Item{Object: final, Revision: s.revision, Created: old.Created, Attached: old.Attached, key: key, resource: t.resource, table: t.position}
	t.remove(old)
	s.commit(t, Event{Type: Deleted, Item: item, Old: old})
	return item, nil
}

// commit records an event and tells everybody who follows.
func (s *Store) commit(t *table, ev Event) {
	t.log.append(ev)
	for _, f := range s.follow {
		f(ev)
	}
	for _, f := range t.follow {
		f(ev)
	}
	t.wake()
}

// Follow calls f for every write of a resource, in order, as part of the
// write. f must not write; it notes what to do and returns.
func (s *Store) Follow(gr schema.GroupResource, f func(Event)) {
	t := s.table(gr)
	t.follow = append(t.follow, f)
}

// FollowAll is Follow for every resource.
func (s *Store) FollowAll(f func(Event)) { s.follow = append(s.follow, f) }

// Compact forgets the history up to and including a revision: lists at and
// watches from an older one fail with ErrCompacted.
func (s *Store) Compact(revision int64) {
	revision = min(revision, s.revision)
	if revision <= s.compacted {
		return
	}
	s.compacted = revision
	for _, t := range s.order {
		t.log.compact(revision)
		t.wake()
	}
}

// Fork returns a store with the same objects, history and revision that goes
// its own way. Followers and watchers stay with the original. The caller must
// keep the original from being written meanwhile.
func (s *Store) Fork() *Store {
	f := &Store{
		revision:  s.revision,
		compacted: s.compacted,
		tables:    make(map[schema.GroupResource]*table, len(s.tables)),
		order:     make([]*table, 0, len(s.order)),
	}
	for _, t := range s.order {
		c := t.fork()
		f.tables[*t.resource] = c
		f.order = append(f.order, c)
	}
	return f
}

// FormatRevision is the resourceVersion of a revision.
func FormatRevision(revision int64) string { return strconv.FormatInt(revision, 10) }

// ParseRevision is the revision of a resourceVersion; "" is AnyRevision.
func ParseRevision(resourceVersion string) (int64, error) {
	if resourceVersion == "" {
		return AnyRevision, nil
	}
	revision, err := strconv.ParseUint(resourceVersion, 10, 63)
	return int64(revision), err
}
