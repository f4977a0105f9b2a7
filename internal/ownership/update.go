package ownership

import (
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"

	"github.com/kubejig/kubejig/internal/store"
)

// current is the manager of a write while it is being worked out, so that what
// it takes can be told from what its manager had.
const current = "current-operation"

// update is who owns what after a write. o is changed.
func (m *model) update(o owners, live, obj store.Object, w Write) (owners, error) {
	version := fieldpath.APIVersion(w.APIVersion)
	before, err := m.take(live, version)
	if err != nil {
		return o, err
	}
	after, err := m.take(obj, version)
	if err != nil {
		return o, err
	}
	updater := m.updater(w.Subresource)
	_, fields, err := updater.Update(before, after, version, o.fields, current)
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
	id := w.identifier()
	if had, ok := o.fields[id]; ok {
		taken = fieldpath.NewVersionedSet(taken.Set().Union(had.Set()), taken.APIVersion(), taken.Applied())
	}
	o.fields[id] = taken
	o.times[id] = w.Time
	o.forget()
	return o, nil
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

// reset are the fields that a path can't write: the status but for the status
// path, and the spec through that.
func (m *model) reset(subresource string) *fieldpath.Set {
	if m.kind.Subresources["status"] == nil {
		return nil
	}
	switch subresource {
	case "":
		return fieldpath.NewSet(fieldpath.MakePathOrDie("status"))
	case "status":
		return fieldpath.NewSet(fieldpath.MakePathOrDie("spec"))
	}
	return nil
}
