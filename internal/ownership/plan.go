package ownership

import (
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// plan says how the objects of a Go type are compared field by field: what the
// schema of typeOf says, in a form that needs no lookups.
type plan struct {
	kind planKind
	// fields of a struct, by name.
	fields []plannedField
	// elem is the plan of a map's or a list's elements.
	elem *plan
	// keys of the elements of an associative list, by name; none for a set.
	keys []plannedKey
	// marshals is set for leaves that say themselves how they are encoded.
	marshals bool
}

type planKind int

const (
	planLeaf planKind = iota // a scalar, or what is owned as a whole
	planStruct
	planMap
	planList // associative
)

type plannedField struct {
	name      *string
	index     []int
	omitEmpty bool
	omitZero  bool
	// nobodys is set for metadata that nobody owns.
	nobodys bool
	plan    *plan
}

type plannedKey struct {
	plannedField
	fallback any // nil for none
}

// planner compiles plans. A type that is part of itself has one plan.
type planner struct {
	made map[planned]*plan
}

type planned struct {
	t     reflect.Type
	field string
}

// planOf compiles the plan of a Go type of the API.
func planOf(t reflect.Type) *plan {
	p := &planner{made: map[planned]*plan{}}
	return p.plan(t, "")
}

// plan compiles the plan of a type, as the field at a path of the table has
// it.
func (p *planner) plan(t reflect.Type, field string) *plan {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	key := planned{t: t}
	if _, special := relations[field]; special || t.Name() == "" {
		key.field = field
	}
	if made, ok := p.made[key]; ok {
		return made
	}
	made := &plan{marshals: marshals(t)}
	p.made[key] = made
	if !made.marshals {
		p.fill(made, t, field)
	}
	return made
}

func (p *planner) fill(made *plan, t reflect.Type, field string) {
	relation := relations[field]
	switch t.Kind() {
	case reflect.Struct:
		if relation == "atomic" || relation == "" && relations[typeName(t)] == "atomic" {
			return
		}
		made.kind = planStruct
		made.fields = p.fields(t)
		slices.SortFunc(made.fields, func(a, b plannedField) int { return strings.Compare(*a.name, *b.name) })
	case reflect.Map:
		if relation != "atomic" {
			made.kind, made.elem = planMap, p.plan(t.Elem(), field+"{}")
		}
	case reflect.Slice:
		p.fillList(made, t, field, relation)
	}
}

func (p *planner) fillList(made *plan, t reflect.Type, field, relation string) {
	kind, keys, _ := strings.Cut(relation, " ")
	if kind != "set" && kind != "map" {
		return
	}
	made.kind, made.elem = planList, p.plan(t.Elem(), field+"[]")
	owner := t.Elem()
	for _, name := range strings.Fields(keys) {
		key := plannedKey{plannedField: keyField(owner, name)}
		if value, ok := keyDefaults[typeName(owner)+"."+name]; ok {
			key.fallback = keyDefault(owner.FieldByIndex(key.index).Type, value)
		}
		made.keys = append(made.keys, key)
	}
	slices.SortFunc(made.keys, func(a, b plannedKey) int { return strings.Compare(*a.name, *b.name) })
}

// keyField is the field of a struct that is a key of a list of them.
func keyField(t reflect.Type, name string) plannedField {
	for f := range jsonFields(t, nil) {
		if *f.name == name {
			return f
		}
	}
	panic("no field " + name + " in " + t.String()) // a wrong table, not an input
}

func (p *planner) fields(t reflect.Type) []plannedField {
	var fields []plannedField
	for f, fieldType := range jsonFields(t, nil) {
		f.plan = p.plan(fieldType, typeName(t)+"."+*f.name)
		f.nobodys = t == reflect.TypeFor[metav1.ObjectMeta]() && stripped.Has(fieldpath.MakePathOrDie("metadata", *f.name))
		fields = append(fields, f)
	}
	return fields
}

// jsonFields yields the fields of a struct that have a JSON name, those of
// embedded structs among them, and their types.
func jsonFields(t reflect.Type, at []int) iter.Seq2[plannedField, reflect.Type] {
	return func(yield func(plannedField, reflect.Type) bool) {
		for i := range t.NumField() {
			sf := t.Field(i)
			index := append(slices.Clone(at), i)
			tag := strings.Split(sf.Tag.Get("json"), ",")
			if sf.Anonymous && tag[0] == "" {
				for f, fieldType := range jsonFields(sf.Type, index) {
					if !yield(f, fieldType) {
						return
					}
				}
				continue
			}
			if tag[0] == "" || tag[0] == "-" {
				continue
			}
			f := plannedField{
				name: &tag[0], index: index,
				omitEmpty: slices.Contains(tag[1:], "omitempty"), omitZero: slices.Contains(tag[1:], "omitzero"),
			}
			if !yield(f, sf.Type) {
				return
			}
		}
	}
}

// of is a field's value in a struct, invalid if it is omitted.
func (f *plannedField) of(v reflect.Value) reflect.Value {
	if !v.IsValid() {
		return v
	}
	value := v.FieldByIndex(f.index)
	if f.omitEmpty && isEmptyValue(value) || f.omitZero && isZero(value) {
		return reflect.Value{}
	}
	return value
}

func isEmptyValue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	if v.CanAddr() {
		if z, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
	}
	return v.IsZero()
}

// same reports whether two leaves are encoded alike.
func same(l, r reflect.Value) bool {
	switch l.Kind() {
	case reflect.String:
		return l.String() == r.String()
	case reflect.Bool:
		return l.Bool() == r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return l.Int() == r.Int()
	}
	a, b := l.Interface(), r.Interface()
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, xErr := json.Marshal(a)
	y, yErr := json.Marshal(b)
	return xErr == nil && yErr == nil && string(x) == string(y)
}
