package ownership

import (
	"reflect"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"

	"github.com/kubejig/kubejig/internal/store"
)

// current is the manager of a write while it is being worked out, so that what
// it takes can be told from what its manager had.
const current = "current-operation"

// update is who owns what after a write. o is changed.
func (m *model) update(o owners, live, obj store.Object, w Write) (owners, error) {
	fields, err := m.updated(o.fields, live, obj, w)
	if err != nil {
		return o, err
	}
	o.fields = fields
	o.strip(current)
	taken, ok := o.fields[current]
	if !ok {
		return o, nil
	}
	delete(o.fields, current)
	if w.Subresource == "scale" && m.scalesToNothing(obj) {
		o.forget()
		return o, nil
	}
	id := w.identifier()
	if had, ok := o.fields[id]; ok {
		taken = fieldpath.NewVersionedSet(taken.Set().Union(had.Set()), taken.APIVersion(), taken.Applied())
	}
	o.fields[id] = taken
	if w.Subresource != "scale" { // its owners have no time, in Kubernetes
		o.times[id] = w.Time
	}
	o.forget()
	return o, nil
}

// scalesToNothing reports whether an object's scale has no replicas: that shows
// none then, and nobody owns what a scale does not show.
func (m *model) scalesToNothing(obj store.Object) bool {
	scale, err := m.kind.Subresources["scale"].Scale.Get(obj)
	return err == nil && scale.Spec.Replicas == 0
}

// updated is who owns what after a write, which is of the manager current.
func (m *model) updated(fields fieldpath.ManagedFields, live, obj store.Object, w Write) (fieldpath.ManagedFields, error) {
	version := fieldpath.APIVersion(w.APIVersion)
	if m.simple(fields, version) {
		if c, ok := m.compare(live, obj); ok {
			return m.moved(fields, c, version, w.Subresource), nil
		}
	}
	before, err := m.take(live, version)
	if err != nil {
		return nil, err
	}
	after, err := m.take(obj, version)
	if err != nil {
		return nil, err
	}
	_, fields, err = m.updater(w.Subresource).Update(before, after, version, fields, current)
	return fields, err
}

// simple reports whether all that is involved is of the storage version and
// has a plan, as is nearly always so.
func (m *model) simple(fields fieldpath.ManagedFields, version fieldpath.APIVersion) bool {
	stored := fieldpath.APIVersion(m.kind.Storage().GroupVersion.String())
	if m.kind.Custom != nil || version != stored {
		return false
	}
	for _, set := range fields {
		if set.APIVersion() != stored {
			return false
		}
	}
	return true
}

func (m *model) compare(live, obj store.Object) (comparison, bool) {
	if live == nil {
		live = m.kind.Storage().New()
	}
	return m.plan().compare(reflect.ValueOf(live).Elem(), reflect.ValueOf(obj).Elem())
}

// moved takes what has changed from its owners and gives it to the writer. It
// is structured merge's Update, without conversions.
func (m *model) moved(fields fieldpath.ManagedFields, c comparison, version fieldpath.APIVersion, subresource string) fieldpath.ManagedFields {
	if reset := m.reset(subresource); reset != nil {
		for i := range c {
			c[i] = c[i].RecursiveDifference(reset)
		}
	}
	taken := c[modified].Union(c[added])
	for id, set := range fields {
		left := set.Set().Difference(taken).Difference(c[removed])
		if left.Empty() {
			delete(fields, id)
			continue
		}
		fields[id] = fieldpath.NewVersionedSet(left, set.APIVersion(), set.Applied())
	}
	if !taken.Empty() {
		fields[current] = fieldpath.NewVersionedSet(taken, version, false)
	}
	return fields
}

// pathOf is the path of a field by the names on the way to it.
func pathOf(names []string) fieldpath.Path {
	path := make(fieldpath.Path, len(names))
	for i := range names {
		path[i].FieldName = &names[i]
	}
	return path
}

// strip takes from a manager what nobody owns.
func (o owners) strip(id string) {
	set, ok := o.fields[id]
	if !ok {
		return
	}
	left := set.Set().Difference(stripped)
	if left.Empty() {
		delete(o.fields, id)
		return
	}
	o.fields[id] = fieldpath.NewVersionedSet(left, set.APIVersion(), set.Applied())
}

// updater merges for a path: through it, some fields can't be owned.
func (m *model) updater(subresource string) *merge.Updater {
	reset := m.reset(subresource)
	ignored := map[fieldpath.APIVersion]fieldpath.Filter{}
	if reset != nil {
		for _, v := range m.kind.Versions {
			ignored[fieldpath.APIVersion(v.GroupVersion.String())] = fieldpath.NewExcludeSetFilter(reset)
		}
	}
	b := merge.UpdaterBuilder{Converter: m, IgnoreFilter: ignored}
	return b.BuildUpdater()
}

// reset are the fields that a path can't write: nil for none.
func (m *model) reset(subresource string) *fieldpath.Set {
	paths := m.resets(subresource)
	if len(paths) == 0 {
		return nil
	}
	set := fieldpath.NewSet()
	for _, path := range paths {
		set.Insert(pathOf(path))
	}
	return set
}

// resets are the paths of the fields that the subresource resets; for the main
// path those of the kind, and the status if that has a path of its own.
func (m *model) resets(subresource string) [][]string {
	if subresource == "" {
		if m.kind.Subresources["status"] == nil {
			return m.kind.Resets
		}
		return append([][]string{{"status"}}, m.kind.Resets...)
	}
	if sub := m.kind.Subresources[subresource]; sub != nil && sub.Update != nil {
		return sub.Update.Resets
	}
	return nil
}
