package openapi

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/util"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// refPrefix is where version 3 keeps schemas.
const refPrefix = "#/components/schemas/"

// What API types say about themselves.
type (
	modelNamed interface{ OpenAPIModelName() string }
	documented interface{ SwaggerDoc() map[string]string }
	typed      interface{ OpenAPISchemaType() []string }
	formatted  interface{ OpenAPISchemaFormat() string }
	oneOfTyped interface{ OpenAPIV3OneOfTypes() []string }
)

// as asks the zero value of a Go type for one of these.
func as[I any](t reflect.Type) (I, bool) {
	itself, ok := reflect.Zero(t).Interface().(I)
	return itself, ok
}

// modelName is the name of a type's schema: "io.k8s.api.core.v1.Pod".
func modelName(t reflect.Type) string {
	if named, ok := as[modelNamed](t); ok {
		return named.OpenAPIModelName()
	}
	return util.ToRESTFriendlyName(goName(t))
}

// define makes the schema of a struct type, and of all types it refers to,
// unless they are there; it returns the model name.
func (b *Builder) define(t reflect.Type) string {
	name := modelName(t)
	if _, done := b.goTypes[name]; done {
		return name
	}
	b.goTypes[name] = definition{} // ends the recursion of recursive types
	reader := structReader{builder: b}
	schema := reader.read(t)
	slices.Sort(reader.refs)
	b.goTypes[name] = definition{schema: schema, refs: slices.Compact(reader.refs)}
	return name
}

// structReader makes the schema of one struct type.
type structReader struct {
	builder *Builder
	refs    []string
}

func (r *structReader) read(t reflect.Type) spec.Schema {
	schema := spec.Schema{}
	schema.Description = markers().doc(t, "")
	if self, ok := as[typed](t); ok {
		schema.Type = self.OpenAPISchemaType()
		if format, ok := as[formatted](t); ok {
			schema.Format = format.OpenAPISchemaFormat()
		}
		if alternatives, ok := as[oneOfTyped](t); ok {
			schema.Type = nil
			for _, alternative := range alternatives.OpenAPIV3OneOfTypes() {
				schema.OneOf = append(schema.OneOf, plain(alternative, ""))
			}
		}
	} else {
		schema.Type = spec.StringOrArray{"object"}
		r.addFields(&schema, t)
	}
	marks := markers().types[goName(t)]
	mark(&schema, marks)
	if slices.Contains(marks, "union") {
		schema.AddExtension("x-kubernetes-unions", unionOf(t))
	}
	if kinds := r.builder.kindsOf(t); len(kinds) > 0 {
		schema.AddExtension(extensionKind, kinds)
	}
	return schema
}

// addFields adds the fields of a struct type, those of embedded structs too.
func (r *structReader) addFields(schema *spec.Schema, t reflect.Type) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" && field.Anonymous:
			if embedded := indirect(field.Type); embedded.Kind() == reflect.Struct {
				r.addFields(schema, embedded)
			}
		default:
			name = cmp.Or(name, field.Name)
			omitempty := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
			r.addField(schema, t, field, name, markers().doc(t, name), omitempty)
		}
	}
}

func (r *structReader) addField(schema *spec.Schema, owner reflect.Type, field reflect.StructField, name, doc string, omitempty bool) {
	property := r.property(field.Type)
	property.Description = strings.TrimSpace(doc + describeValues(enumOf(indirect(field.Type))))
	if omitempty && len(property.AllOf) == 0 {
		property.Default = nil
	}
	for _, tag := range [][2]string{
		{"patchStrategy", "x-kubernetes-patch-strategy"},
		{"patchMergeKey", "x-kubernetes-patch-merge-key"},
	} {
		if value := field.Tag.Get(tag[0]); value != "" {
			property.AddExtension(tag[1], value)
		}
	}
	if len(property.AllOf) > 0 && property.Description == "" && property.Default == nil {
		property = property.AllOf[0]
	}
	mark(&property, markers().fields[goName(owner)][name])
	schema.SetProperty(name, property)
	if markers().requires(goName(owner), name, omitempty) {
		schema.Required = append(schema.Required, name)
	}
}

// zeroValue is the default of a field, item or value of a Go type, when it is
// left out; nil if that is null.
func zeroValue(t reflect.Type) any {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return map[string]any{}
	case reflect.String:
		return ""
	case reflect.Bool:
		return false
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Interface:
		return nil
	default:
		return 0
	}
}

// schemaOf is how a field, item or value of a Go type is described: structs by
// reference.
func (r *structReader) schemaOf(t reflect.Type) spec.Schema {
	t = indirect(t)
	switch t.Kind() {
	case reflect.Struct:
		return r.reference(t)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return plain("string", "byte")
		}
		item := r.schemaOf(t.Elem())
		return *spec.ArrayProperty(&item)
	case reflect.Map:
		value := r.schemaOf(t.Elem())
		return *spec.MapProperty(&value)
	case reflect.Interface:
		return plain("object", "")
	default:
		return r.scalar(t)
	}
}

// property is schemaOf with the default. What has a description or a default
// beside a reference has the reference in a list of one.
func (r *structReader) property(t reflect.Type) spec.Schema {
	property := r.schemaOf(t)
	if property.Ref.String() != "" {
		property = spec.Schema{SchemaProps: spec.SchemaProps{AllOf: []spec.Schema{property}}}
	}
	property.Default = zeroValue(t)
	return property
}

func (r *structReader) reference(t reflect.Type) spec.Schema {
	name := r.builder.define(t)
	r.refs = append(r.refs, name)
	return *spec.RefSchema(refPrefix + name)
}

func (r *structReader) scalar(t reflect.Type) spec.Schema {
	if t.Kind() != reflect.String {
		form := scalars[t.Kind()]
		return plain(form[0], form[1])
	}
	schema := plain("string", "")
	schema.Enum = enumValues(enumOf(t))
	return schema
}

// enumOf are the values that a type may have, with what they mean; nil: any.
func enumOf(t reflect.Type) map[string]string { return markers().enums[goName(t)] }

// scalars are JSON type and format by kind of Go type.
var scalars = map[reflect.Kind][2]string{
	reflect.Bool:    {"boolean", ""},
	reflect.Int:     {"integer", "int32"},
	reflect.Int8:    {"integer", "byte"},
	reflect.Int16:   {"integer", "int32"},
	reflect.Int32:   {"integer", "int32"},
	reflect.Int64:   {"integer", "int64"},
	reflect.Uint:    {"integer", "int32"},
	reflect.Uint8:   {"integer", "byte"},
	reflect.Uint16:  {"integer", "int32"},
	reflect.Uint32:  {"integer", "int64"},
	reflect.Uint64:  {"integer", "int64"},
	reflect.Float32: {"number", "float"},
	reflect.Float64: {"number", "double"},
}

func plain(kind, format string) spec.Schema {
	schema := spec.Schema{}
	schema.Type = spec.StringOrArray{kind}
	schema.Format = format
	return schema
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// goName is the full name of a Go type: "k8s.io/api/core/v1.Pod".
func goName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// kindsOf lists the kinds that a Go type serves, in the form of the extension
// x-kubernetes-group-version-kind.
func (b *Builder) kindsOf(t reflect.Type) []any {
	object, ok := reflect.New(t).Interface().(runtime.Object)
	if !ok {
		return nil
	}
	kinds, _, err := b.scheme.ObjectKinds(object)
	if err != nil {
		return nil
	}
	var extensions []any
	for _, kind := range sortedKinds(kinds) {
		if kind.Version != runtime.APIVersionInternal {
			extensions = append(extensions, kindExtension(kind))
		}
	}
	return extensions
}
