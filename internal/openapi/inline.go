package openapi

import (
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Inlined returns the schema of a kind with the schemas that it refers to in
// their places: declared, or if that is nil, the one of the kind's Go type. A
// type within itself is an object there of which nothing is known. It is nil if
// the scheme does not know the kind.
func (b *Builder) Inlined(kind schema.GroupVersionKind, declared *spec.Schema) *spec.Schema {
	if declared != nil {
		b.define(reflect.TypeFor[metav1.ObjectMeta]())
		return b.inlined(declared, nil)
	}
	object, err := b.scheme.New(kind)
	if err != nil {
		return nil
	}
	return b.inlined(spec.RefSchema(refPrefix+b.define(reflect.TypeOf(object).Elem())), nil)
}

// inlined is a schema that stands within those of some names.
func (b *Builder) inlined(s *spec.Schema, within []string) *spec.Schema {
	inlined := *s
	if name := referred(s); name != "" {
		if slices.Contains(within, name) {
			cut := plain("object", "")
			return &cut
		}
		inlined, within = b.goTypes[name].schema, append(slices.Clip(within), name)
	}
	if len(inlined.Properties) > 0 {
		properties := make(map[string]spec.Schema, len(inlined.Properties))
		for name, property := range inlined.Properties {
			properties[name] = *b.inlined(&property, within)
		}
		inlined.Properties = properties
	}
	if more := inlined.AdditionalProperties; more != nil && more.Schema != nil {
		inlined.AdditionalProperties = &spec.SchemaOrBool{Allows: more.Allows, Schema: b.inlined(more.Schema, within)}
	}
	if inlined.Items != nil && inlined.Items.Schema != nil {
		inlined.Items = &spec.SchemaOrArray{Schema: b.inlined(inlined.Items.Schema, within)}
	}
	return &inlined
}

// referred is the name of the schema that stands for another; "" for none.
func referred(s *spec.Schema) string {
	if reference := s.Ref.String(); reference != "" {
		return strings.TrimPrefix(reference, refPrefix)
	}
	for i := range s.AllOf {
		if name := referred(&s.AllOf[i]); name != "" {
			return name
		}
	}
	return ""
}
