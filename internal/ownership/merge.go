package ownership

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/kubejig/kubejig/internal/resources"
)

// Merge adds the fields of a configuration to an object, whoever owns them, and
// returns the content of what comes of it. Both are of one version of a kind. A
// configuration may not have fields of lists, maps and structs that can only be set
// whole.
func Merge(k *resources.Kind, obj runtime.Object, config *unstructured.Unstructured) (map[string]any, error) {
	t, err := typeFor(k, obj)
	if err != nil {
		return nil, fmt.Errorf("failed to convert patch object to typed object: %w", err)
	}
	wanted, err := typedOf(t, config)
	if err != nil {
		return nil, fmt.Errorf("failed to convert patch object to typed object: %w", err)
	}
	if whole := atomics(nil, t.Schema, t.TypeRef, ordered{wanted.AsValue()}); len(whole) > 0 {
		return nil, fmt.Errorf("invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: %v", strings.Join(whole, ", "))
	}
	before, err := typedOf(t, obj, typed.AllowDuplicates)
	if err != nil {
		return nil, fmt.Errorf("failed to convert original object to typed object: %w", err)
	}
	merged, err := before.Merge(wanted)
	if err != nil {
		return nil, fmt.Errorf("failed to merge patch: %w", err)
	}
	content, ok := merged.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("failed to convert typed object to object: a merged %s is no object", k.Name)
	}
	return content, nil
}

// typeFor is the type of an object, which a kind has in one of its versions.
// Kubernetes has none of what only subresources take.
func typeFor(k *resources.Kind, obj runtime.Object) (typed.ParseableType, error) {
	gvk := obj.GetObjectKind().GroupVersionKind()
	if known := modelOf(k).types[gvk.GroupVersion()]; known != nil && gvk.Kind == k.Name {
		return known()
	}
	return typed.ParseableType{}, fmt.Errorf("no corresponding type for %v", gvk)
}

// atomics are the places of a value that have fields of what is set whole.
func atomics(path fieldpath.Path, s *smd.Schema, t smd.TypeRef, v value.Value) (found []string) {
	atom, ok := s.Resolve(t)
	switch {
	case !ok:
	case atom.Map != nil && v.IsMap():
		if atom.Map.ElementRelationship == smd.Atomic {
			found = append(found, path.String())
		}
		v.AsMap().Iterate(func(name string, v value.Value) bool {
			if field, known := atom.Map.FindField(name); known {
				found = append(found, atomics(append(path, fieldpath.PathElement{FieldName: &name}), s, field.Type, v)...)
			}
			return true
		})
	case atom.List != nil && v.IsList():
		if atom.List.ElementRelationship == smd.Atomic {
			found = append(found, path.String())
		}
		list := v.AsList()
		for i := range list.Length() {
			found = append(found, atomics(append(path, fieldpath.PathElement{Index: &i}), s, atom.List.ElementType, list.At(i))...)
		}
	}
	return found
}
