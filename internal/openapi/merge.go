package openapi

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
	merge "sigs.k8s.io/structured-merge-diff/v6/schema"
)

// traits are what the schema of structured merge knows about types, by model
// name.
type traits map[string]typeTraits

type typeTraits struct {
	atomic bool // the struct is owned as a whole
	unions []any
	fields map[string]fieldTraits
}

// fieldTraits are the extensions and the default of a field.
type fieldTraits struct {
	extensions map[string]any
	defaulted  any
}

func (t fieldTraits) describe(property *spec.Schema) {
	for name, value := range t.extensions {
		property.AddExtension(name, value)
	}
	if t.defaulted != nil {
		property.Default = t.defaulted
	}
}

// traitsOf reads the whole schema of a converter by way of any object of it.
func traitsOf(converter managedfields.TypeConverter) traits {
	if converter == nil {
		return nil
	}
	object, err := converter.ObjectToTyped(&corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
	})
	if err != nil {
		return nil
	}
	all := traits{}
	for _, definition := range object.Schema().Types {
		if definition.Map == nil {
			continue
		}
		t := typeTraits{
			atomic: definition.Map.ElementRelationship == merge.Atomic,
			unions: unionsOf(definition.Map),
			fields: map[string]fieldTraits{},
		}
		for _, field := range definition.Map.Fields {
			t.fields[field.Name] = fieldTraits{
				extensions: extensionsOf(field.Type),
				defaulted:  jsonValue(field.Default),
			}
		}
		all[definition.Name] = t
	}
	return all
}

// unionsOf lists the groups of fields of which an object has only one, in the
// form of the extension x-kubernetes-unions.
func unionsOf(of *merge.Map) []any {
	var unions []any
	for _, union := range of.Unions {
		fields := map[string]any{}
		for _, field := range union.Fields {
			fields[field.FieldName] = field.DiscriminatorValue
		}
		described := map[string]any{"fields-to-discriminateBy": fields}
		if union.Discriminator != nil {
			described["discriminator"] = *union.Discriminator
		}
		unions = append(unions, described)
	}
	return unions
}

func extensionsOf(ref merge.TypeRef) map[string]any {
	extensions := map[string]any{}
	if list := ref.Inlined.List; list != nil {
		switch {
		case list.ElementRelationship != merge.Associative:
			extensions["x-kubernetes-list-type"] = "atomic"
		case len(list.Keys) == 0:
			extensions["x-kubernetes-list-type"] = "set"
		default:
			keys := make([]any, len(list.Keys))
			for i, key := range list.Keys {
				keys[i] = key
			}
			extensions["x-kubernetes-list-type"] = "map"
			extensions["x-kubernetes-list-map-keys"] = keys
		}
	}
	atomicMap := ref.Inlined.Map != nil && ref.Inlined.Map.ElementRelationship == merge.Atomic
	atomicRef := ref.NamedType != nil && ref.ElementRelationship != nil && *ref.ElementRelationship == merge.Atomic
	if atomicMap || atomicRef {
		extensions["x-kubernetes-map-type"] = "atomic"
	}
	return extensions
}

// jsonValue is a default, read from YAML, with the types that JSON has.
func jsonValue(value any) any {
	if value == nil {
		return nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil // such as a map with keys that are no strings
	}
	var decoded any
	if json.Unmarshal(encoded, &decoded) != nil {
		return nil
	}
	return decoded
}
