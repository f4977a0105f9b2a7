package registry

import (
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Predicate selects objects of one kind. The zero value selects all.
type Predicate struct {
	Namespace string
	Labels    labels.Selector
	Fields    fields.Selector
}

// Everything reports whether the predicate selects all objects of its
// namespace.
func (p Predicate) Everything() bool {
	return (p.Labels == nil || p.Labels.Empty()) && (p.Fields == nil || p.Fields.Empty())
}

// Matches reports whether an object is selected.
func (p Predicate) Matches(k *resources.Kind, obj store.Object) bool {
	if p.Namespace != "" && obj.GetNamespace() != p.Namespace {
		return false
	}
	if p.Labels != nil && !p.Labels.Empty() && !p.Labels.Matches(labels.Set(obj.GetLabels())) {
		return false
	}
	return p.Fields == nil || p.Fields.Empty() || p.Fields.Matches(k.FieldSet(obj))
}

// List calls f for the current objects of a kind that a predicate selects, in
// order, until f returns false. f must not write.
func (r *Registry) List(k *resources.Kind, p Predicate, f func(*store.Item) bool) {
	r.Store.Scan(k.GroupResource(), p.Namespace, func(item *store.Item) bool {
		return !p.Matches(k, item.Object) || f(item)
	})
}
