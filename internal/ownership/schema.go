package ownership

import (
	"encoding/json"
	"reflect"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

//go:generate go run gen_relations.go

// Names of the types that are what their values are.
const (
	untypedAtomic  = "__untyped_atomic_"
	untypedDeduced = "__untyped_deduced_"
)

// typeOf makes the schema of a Go type of the API, by which structured merge
// takes its objects apart.
func typeOf(t reflect.Type) typed.ParseableType {
	b := newSchemaBuilder()
	ref := b.ref(t, "")
	return typed.ParseableType{Schema: &schema.Schema{Types: b.types}, TypeRef: ref}
}

// schemaBuilder collects the types that a type is made of.
type schemaBuilder struct {
	types []schema.TypeDef
	seen  map[reflect.Type]bool
}

func newSchemaBuilder() *schemaBuilder {
	return &schemaBuilder{types: untypedTypes(), seen: map[reflect.Type]bool{}}
}

func untypedTypes() []schema.TypeDef {
	untyped := func(name string, relationship schema.ElementRelationship, element string) schema.TypeDef {
		scalar := schema.Untyped
		return schema.TypeDef{Name: name, Atom: schema.Atom{
			Scalar: &scalar,
			List:   &schema.List{ElementType: namedType(untypedAtomic), ElementRelationship: schema.Atomic},
			Map:    &schema.Map{ElementType: namedType(element), ElementRelationship: relationship},
		}}
	}
	return []schema.TypeDef{
		untyped(untypedAtomic, schema.Atomic, untypedAtomic),
		untyped(untypedDeduced, schema.Separable, untypedDeduced),
	}
}

func namedType(name string) schema.TypeRef { return schema.TypeRef{NamedType: &name} }

func scalar(s schema.Scalar) schema.TypeRef { return schema.TypeRef{Inlined: schema.Atom{Scalar: &s}} }

// ref is a reference to a type, as the field at a path of the table has it.
func (b *schemaBuilder) ref(t reflect.Type, field string) schema.TypeRef {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if marshals(t) {
		return leaf(t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return b.structure(t, field)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return scalar(schema.String)
		}
		return schema.TypeRef{Inlined: schema.Atom{List: b.list(t, field)}}
	case reflect.Map:
		m := &schema.Map{ElementType: b.ref(t.Elem(), field+"{}"), ElementRelationship: schema.Separable}
		if relations[field] == "atomic" {
			m.ElementRelationship = schema.Atomic
		}
		return schema.TypeRef{Inlined: schema.Atom{Map: m}}
	case reflect.String:
		return scalar(schema.String)
	case reflect.Bool:
		return scalar(schema.Boolean)
	case reflect.Interface:
		return namedType(untypedAtomic)
	}
	return scalar(schema.Numeric)
}

// marshals reports whether a type says itself how it is encoded.
func marshals(t reflect.Type) bool {
	marshaler := reflect.TypeFor[json.Marshaler]()
	return t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler)
}

func leaf(t reflect.Type) schema.TypeRef {
	switch relations[typeName(t)] {
	case "deduced":
		return namedType(untypedDeduced)
	case "untyped-atomic":
		return namedType(untypedAtomic)
	}
	if t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Name == "Raw" {
		return namedType(untypedAtomic)
	}
	return scalar(schema.Untyped)
}

// list is a list as the table has it; atomic by default.
func (b *schemaBuilder) list(t reflect.Type, field string) *schema.List {
	l := &schema.List{ElementType: b.ref(t.Elem(), field+"[]"), ElementRelationship: schema.Atomic}
	relation, keys, _ := strings.Cut(relations[field], " ")
	switch relation {
	case "set":
		l.ElementRelationship = schema.Associative
	case "map":
		l.ElementRelationship = schema.Associative
		l.Keys = strings.Fields(keys)
	}
	return l
}

// structure adds a struct to the schema.
func (b *schemaBuilder) structure(t reflect.Type, field string) schema.TypeRef {
	name := typeName(t)
	ref := namedType(name)
	if relation, ok := relations[field]; ok {
		override := schema.ElementRelationship(relation)
		ref.ElementRelationship = &override
	}
	if b.seen[t] {
		return ref
	}
	b.seen[t] = true
	m := &schema.Map{Fields: b.fields(t, t)}
	if relations[name] == "atomic" {
		m.ElementRelationship = schema.Atomic
	}
	b.types = append(b.types, schema.TypeDef{Name: name, Atom: schema.Atom{Map: m}})
	return ref
}

func (b *schemaBuilder) fields(owner, t reflect.Type) []schema.StructField {
	var fields []schema.StructField
	for i := range t.NumField() {
		sf := t.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if sf.Anonymous && name == "" {
			fields = append(fields, b.fields(owner, sf.Type)...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		path := typeName(owner) + "." + name
		field := schema.StructField{Name: name, Type: b.ref(sf.Type, path)}
		if value, ok := keyDefaults[path]; ok {
			field.Default = keyDefault(sf.Type, value)
		}
		fields = append(fields, field)
	}
	return fields
}

// keyDefault is the default of a key of an associative list.
func keyDefault(t reflect.Type, value string) any {
	switch t.Kind() {
	case reflect.Int32, reflect.Int64, reflect.Int:
		return 0
	}
	return value
}

func typeName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }
