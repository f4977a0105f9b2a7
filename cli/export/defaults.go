package export

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/resources"
)

// builtin are the kinds whose defaults we know.
var builtin = sync.OnceValue(resources.Builtin)

// dropDefaults takes out the fields that would be filled in again with the
// value they have. There is no list of them: a field is one if the defaulting
// of its kind gives the same object without it.
func dropDefaults(object *unstructured.Unstructured) {
	kind := builtin().ByKind(object.GroupVersionKind().GroupKind())
	if kind == nil {
		return
	}
	for _, version := range kind.Versions {
		if version.GroupVersion != object.GroupVersionKind().GroupVersion() || version.New == nil || version.Default == nil {
			continue
		}
		d := &defaulter{object: object.Object, version: version}
		if whole, err := d.defaulted(); err == nil {
			d.whole = whole
			d.drop(object.Object, whole, true)
		}
	}
}

// defaulter drops the defaults of one object, which is changed in place.
type defaulter struct {
	object  map[string]any
	version resources.Version
	whole   map[string]any // The object with all its defaults.
}

// defaulted is the object as it is now, with all its defaults.
func (d *defaulter) defaulted() (map[string]any, error) {
	typed := d.version.New()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(d.object, typed); err != nil {
		return nil, err
	}
	d.version.Default(typed)
	return runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
}

// drop tries each field of a part of the object, then the fields below it.
// Fields that our version of the kind does not know are kept.
func (d *defaulter) drop(part, whole map[string]any, top bool) {
	for _, name := range slices.Sorted(maps.Keys(part)) {
		value := part[name]
		known, ok := whole[name]
		if !ok || top && (name == "metadata" || name == "kind" || name == "apiVersion") {
			continue
		}
		delete(part, name)
		if without, err := d.defaulted(); err == nil && equality.Semantic.DeepEqual(without, d.whole) {
			continue
		}
		part[name] = value
		d.below(value, known)
	}
}

func (d *defaulter) below(value, known any) {
	switch value := value.(type) {
	case map[string]any:
		if known, ok := known.(map[string]any); ok {
			d.drop(value, known, false)
		}
	case []any:
		known, ok := known.([]any)
		if !ok || len(known) != len(value) {
			return
		}
		for i := range value {
			d.below(value[i], known[i])
		}
	}
}
