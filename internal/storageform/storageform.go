// Package storageform is what storing does to an object: Kubernetes keeps its own
// kinds as protobuf, which can't tell an empty list or map from none. That shows
// where a field is written even if it is empty: "rules: []" comes back as
// "rules: null".
//
// It knows types only, and reads and changes nothing but what it is given.
package storageform

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// Form is how the objects of one type are stored.
type Form struct {
	content *node
}

// node is a type within which, or within whose elements, something can be lost.
type node struct {
	fields  []lossy
	element *node
}

// lossy is a field of a struct that can be lost, or within which something can.
type lossy struct {
	index int
	// shown is set for lists and maps that show when they are empty.
	shown bool
	inner *node
}

// For is the form of an object's type.
func For(obj runtime.Object) Form {
	return Form{nodeOf(reflect.TypeOf(obj), map[reflect.Type]bool{})}
}

// Of is an object as it is stored: itself if nothing of it is lost.
func (f Form) Of(obj runtime.Object) runtime.Object {
	if !f.Loses(obj) {
		return obj
	}
	stored := obj.DeepCopyObject()
	f.content.visit(reflect.ValueOf(stored), func(lost reflect.Value) { lost.SetZero() })
	return stored
}

// Loses reports whether something of an object is lost.
func (f Form) Loses(obj runtime.Object) bool {
	found := false
	f.content.visit(reflect.ValueOf(obj), func(reflect.Value) { found = true })
	return found
}

// visit calls back for each list and map that is empty and shows it.
func (n *node) visit(v reflect.Value, lost func(reflect.Value)) {
	switch {
	case n == nil:
	case n.element != nil && v.Kind() == reflect.Slice:
		for i := range v.Len() {
			n.element.visit(v.Index(i), lost)
		}
	case n.element != nil:
		if !v.IsNil() {
			n.element.visit(v.Elem(), lost)
		}
	default:
		for _, f := range n.fields {
			field := v.Field(f.index)
			if f.shown && !field.IsNil() && field.Len() == 0 {
				lost(field)
			}
			f.inner.visit(field, lost)
		}
	}
}

// nodeOf is nil where nothing can be lost. Types within themselves, and the
// values of maps, are not gone into.
func nodeOf(t reflect.Type, within map[reflect.Type]bool) *node {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		if element := nodeOf(t.Elem(), within); element != nil {
			return &node{element: element}
		}
	case reflect.Struct:
		if within[t] {
			return nil
		}
		within[t] = true
		defer delete(within, t)
		if fields := fieldsOf(t, within); len(fields) > 0 {
			return &node{fields: fields}
		}
	}
	return nil
}

func fieldsOf(t reflect.Type, within map[reflect.Type]bool) []lossy {
	var fields []lossy
	for i := range t.NumField() {
		tag, tagged := t.Field(i).Tag.Lookup("json")
		if !tagged || tag == "-" {
			continue
		}
		f := lossy{index: i, shown: isCollection(t.Field(i).Type) && !strings.Contains(tag, ",omitempty"), inner: nodeOf(t.Field(i).Type, within)}
		if f.shown || f.inner != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

// isCollection tells of lists and maps, but not of bytes.
func isCollection(t reflect.Type) bool {
	return t.Kind() == reflect.Map || t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8
}
