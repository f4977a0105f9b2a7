package ownership

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// lastAppliedAnnotation is where client-side apply keeps what it applied.
const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

// beforeFirstApply owns the fields of an object that nobody tracked until
// somebody applied to it.
const beforeFirstApply = "before-first-apply"

// Apply merges a configuration into an object (nil for one that is not there
// yet) and returns its next version and the record of that. The configuration
// is of the write's version. Fields of other managers are a conflict, unless
// it is forced.
func Apply(k *resources.Kind, live store.Object, r *Record, config *unstructured.Unstructured, w Write, force bool) (store.Object, *Record, error) {
	m := modelOf(k)
	if err := checkConfig(m, config, w); err != nil {
		return nil, nil, err
	}
	o := r.owners().clone()
	if len(o.fields) == 0 && live != nil {
		first := w
		first.Manager, first.Operation = beforeFirstApply, "Update"
		var err error
		if o, err = m.update(o, nil, live, first); err != nil {
			return nil, nil, fmt.Errorf("failed to create manager for existing fields: %w", err)
		}
	}
	obj, o, err := m.apply(o, live, config, w, force)
	if err != nil {
		return nil, nil, err
	}
	return obj, settled(k, o), nil
}

func checkConfig(m *model, config *unstructured.Unstructured, w Write) error {
	gvk := config.GroupVersionKind()
	if gvk.Kind != m.kind.Name || gvk.GroupVersion().String() != w.APIVersion {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid object type: %v", gvk))
	}
	if config.GetManagedFields() != nil {
		return apierrors.NewBadRequest("metadata.managedFields must be nil")
	}
	return nil
}

// apply merges, and merges again where kubectl may take over what it applied
// from the client's side.
func (m *model) apply(o owners, live store.Object, config *unstructured.Unstructured, w Write, force bool) (store.Object, owners, error) {
	obj, next, err := m.merge(o.clone(), live, config, w, force)
	var conflicts merge.Conflicts
	if !errors.As(err, &conflicts) {
		return obj, next, err
	}
	if w.Manager == "kubectl" {
		conflicts = without(conflicts, m.takenOver(live, w))
		if len(conflicts) == 0 {
			return m.merge(o, live, config, w, true)
		}
	}
	return nil, o, conflictError(conflicts)
}

func without(conflicts merge.Conflicts, allowed *fieldpath.Set) merge.Conflicts {
	return slices.DeleteFunc(conflicts, func(c merge.Conflict) bool { return allowed.Has(c.Path) })
}

// merge is who owns what after an apply, and the object.
func (m *model) merge(o owners, live store.Object, config *unstructured.Unstructured, w Write, force bool) (store.Object, owners, error) {
	version := fieldpath.APIVersion(w.APIVersion)
	v, err := m.version(version)
	if err != nil {
		return nil, o, err
	}
	wanted, err := m.typed(config, v)
	if err != nil {
		return nil, o, fmt.Errorf("failed to create typed patch object (%s/%s; %s): %w", config.GetNamespace(), config.GetName(), config.GroupVersionKind(), err)
	}
	before, err := m.liveValue(live, config, version)
	if err != nil {
		shown := store.Object(config)
		if live != nil {
			shown = live
		}
		return nil, o, fmt.Errorf("failed to create typed live object (%s/%s; %s): %w", shown.GetNamespace(), config.GetName(), config.GroupVersionKind(), err)
	}
	id := w.identifier()
	merged, fields, err := m.updater(w.Subresource).Apply(before, wanted, version, o.fields, id, force)
	if err != nil {
		return nil, o, err
	}
	o.fields = fields
	o.strip(id)
	switch {
	case merged == nil && live != nil:
		return live.DeepCopyObject().(store.Object), o, nil
	case merged == nil: // a configuration without any field
		merged = before
	}
	o.times[id] = w.Time
	obj, err := m.put(merged, version)
	if err != nil {
		return nil, o, fmt.Errorf("failed to convert new typed object: %w", err)
	}
	return obj, o, keepLastApplied(obj, config, w)
}

// liveValue is what a configuration is merged into. It says its kind, as the
// configuration does: an apply that changes nothing is told by that they are
// equal.
func (m *model) liveValue(live store.Object, config *unstructured.Unstructured, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	if live != nil {
		if live.GetObjectKind().GroupVersionKind().Empty() {
			live = live.DeepCopyObject().(store.Object)
			live.GetObjectKind().SetGroupVersionKind(config.GroupVersionKind())
		}
		return m.take(live, version)
	}
	v, err := m.version(version)
	if err != nil {
		return nil, err
	}
	empty := &unstructured.Unstructured{Object: map[string]any{}}
	empty.SetGroupVersionKind(config.GroupVersionKind())
	return m.typed(empty, v)
}

// keepLastApplied keeps the annotation of client-side apply in step, so that a
// user can go back to it.
func keepLastApplied(obj store.Object, config *unstructured.Unstructured, w Write) error {
	annotations := obj.GetAnnotations()
	if w.Manager != "kubectl" || annotations[lastAppliedAnnotation] == "" {
		return nil
	}
	applied := config.DeepCopy()
	own := applied.GetAnnotations()
	delete(own, lastAppliedAnnotation)
	applied.SetAnnotations(own)
	data, err := applied.MarshalJSON()
	if err != nil {
		return fmt.Errorf("failed to build last-applied annotation: %w", err)
	}
	annotations[lastAppliedAnnotation] = string(data)
	obj.SetAnnotations(annotations)
	return nil
}

// takenOver are the fields that kubectl has applied from the client's side and
// that nobody has changed since.
func (m *model) takenOver(live store.Object, w Write) *fieldpath.Set {
	none := fieldpath.NewSet()
	if live == nil {
		return none
	}
	config := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(live.GetAnnotations()[lastAppliedAnnotation]), config); err != nil {
		return none
	}
	version := fieldpath.APIVersion(w.APIVersion)
	v, err := m.version(version)
	if err != nil || config.GetAPIVersion() != w.APIVersion {
		return none
	}
	applied, err := m.typed(config, v)
	if err != nil {
		return none
	}
	now, err := m.take(live, version)
	if err != nil {
		return none
	}
	set, err := applied.ToFieldSet()
	if err != nil {
		return none
	}
	comparison, err := applied.Compare(now)
	if err != nil {
		return none
	}
	return set.Difference(comparison.Modified).Difference(comparison.Added).Difference(comparison.Removed)
}
