package ownership

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// owners are the managers of an object's fields.
type owners struct {
	// fields are the sets of each manager, by identifier.
	fields fieldpath.ManagedFields
	// times are when each manager last took a field.
	times map[string]time.Time
}

func noOwners() owners {
	return owners{fields: fieldpath.ManagedFields{}, times: map[string]time.Time{}}
}

func (o owners) clone() owners {
	return owners{fields: maps.Clone(o.fields), times: maps.Clone(o.times)}
}

// identifier tells managers apart: by name, operation, path and, for updates,
// version. It is the entry without what it owns, as JSON.
func identifier(e metav1.ManagedFieldsEntry) string {
	e.FieldsType, e.FieldsV1, e.Time = "", nil, nil
	if e.Operation == metav1.ManagedFieldsOperationApply {
		e.APIVersion = ""
	}
	id, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(id)
}

// decode reads entries. It fails where one is malformed.
func decode(entries []metav1.ManagedFieldsEntry) (owners, error) {
	o := noOwners()
	for i, e := range entries {
		switch {
		case e.Operation != metav1.ManagedFieldsOperationApply && e.Operation != metav1.ManagedFieldsOperationUpdate:
			return o, fmt.Errorf("operation must be `Apply` or `Update`")
		case e.APIVersion == "":
			return o, fmt.Errorf("apiVersion must not be empty")
		case e.FieldsType != "FieldsV1":
			return o, fmt.Errorf("invalid fieldsType %q in managed fields entry %d", e.FieldsType, i)
		}
		set := &fieldpath.Set{}
		if e.FieldsV1 != nil {
			if err := set.FromJSON(bytes.NewReader(e.FieldsV1.Raw)); err != nil {
				return o, fmt.Errorf("error decoding set: %w", err)
			}
		}
		id := identifier(e)
		o.fields[id] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(e.APIVersion), e.Operation == metav1.ManagedFieldsOperationApply)
		if e.Time != nil {
			o.times[id] = e.Time.Time
		}
	}
	return o, nil
}

// encode writes entries: those of applies first, by time and name.
func (o owners) encode() ([]metav1.ManagedFieldsEntry, error) {
	var entries []metav1.ManagedFieldsEntry
	for id, set := range o.fields {
		var e metav1.ManagedFieldsEntry
		if err := json.Unmarshal([]byte(id), &e); err != nil {
			return nil, fmt.Errorf("manager %s: %w", id, err)
		}
		raw, err := set.Set().ToJSON()
		if err != nil {
			return nil, fmt.Errorf("fields of manager %s: %w", id, err)
		}
		e.APIVersion = string(set.APIVersion())
		e.FieldsType = "FieldsV1"
		e.FieldsV1 = &metav1.FieldsV1{Raw: raw}
		if t, ok := o.times[id]; ok {
			e.Time = &metav1.Time{Time: t}
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

func compareEntries(a, b metav1.ManagedFieldsEntry) int {
	return cmp.Or(
		strings.Compare(string(a.Operation), string(b.Operation)),
		cmp.Compare(seconds(a.Time), seconds(b.Time)),
		strings.Compare(a.Manager, b.Manager),
		strings.Compare(a.APIVersion, b.APIVersion),
		strings.Compare(a.Subresource, b.Subresource),
	)
}

func seconds(t *metav1.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}

// equal reports whether two sets of owners own the same, whenever they did.
func (o owners) equal(other owners) bool {
	return o.fields.Equals(other.fields)
}

const (
	// maxUpdateManagers is how many managers that don't apply an object
	// remembers by name.
	maxUpdateManagers = 10
	// ancientManager stands for those that are forgotten.
	ancientManager = "ancient-changes"
)

// forget merges the oldest managers of updates when there are too many.
func (o owners) forget() {
	var updaters []string
	for id, set := range o.fields {
		if !set.Applied() {
			updaters = append(updaters, id)
		}
	}
	slices.SortFunc(updaters, func(a, b string) int {
		return cmp.Or(cmp.Compare(o.times[a].Unix(), o.times[b].Unix()), strings.Compare(a, b))
	})
	first := map[fieldpath.APIVersion]string{}
	for i, left := 0, len(updaters); i < len(updaters) && left > maxUpdateManagers; i++ {
		id := updaters[i]
		set := o.fields[id]
		before, met := first[set.APIVersion()]
		if !met {
			first[set.APIVersion()] = id
			continue
		}
		o.merge(before, id)
		left--
	}
}

// merge moves what a manager owns to the bucket of its version, which begins
// with what another one owns.
func (o owners) merge(first, id string) {
	set := o.fields[id]
	bucket := identifier(metav1.ManagedFieldsEntry{
		Manager: ancientManager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: string(set.APIVersion()),
	})
	if _, ok := o.fields[bucket]; !ok {
		o.fields[bucket] = o.fields[first]
		delete(o.fields, first)
	}
	o.fields[bucket] = fieldpath.NewVersionedSet(set.Set().Union(o.fields[bucket].Set()), set.APIVersion(), set.Applied())
	o.times[bucket] = o.times[id]
	delete(o.fields, id)
}
