package selectors

import (
	"fmt"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// Subject is an object as a selector sees it. Nil parts are empty.
type Subject struct {
	Labels labels.Set
	Fields fields.Fields
}

// SubjectOf looks at an object:
//
//   - a Subject is taken as it is;
//   - a map[string]string or labels.Set is a set of labels, with no field;
//   - a fields.Set, or a func(field string) (value string), has fields, no label;
//   - a Kubernetes object, typed or unstructured, has its labels, and its
//     fields by their JSON path, as in "status.phase";
//   - any other value has fields by JSON path, and no label.
//
// A field is its string, number or boolean as text; one that does not exist
// has the value "", as in the API. Lists have no fields.
func SubjectOf(object any) Subject {
	switch o := object.(type) {
	case Subject:
		if o.Fields == nil {
			o.Fields = fields.Set(nil)
		}
		return o
	case map[string]string:
		return Subject{o, fields.Set(nil)}
	case labels.Set:
		return Subject{o, fields.Set(nil)}
	case fields.Set:
		return Subject{nil, o}
	case func(field string) string:
		return Subject{nil, fieldFunc(o)}
	case runtime.Unstructured:
		return Subject{unstructuredLabels(o), path{o.UnstructuredContent()}}
	case metav1.Object:
		return Subject{o.GetLabels(), path{o}}
	default:
		return Subject{nil, path{o}}
	}
}

// unstructuredLabels is GetLabels for unstructured content, of which a list
// has none.
func unstructuredLabels(o runtime.Unstructured) labels.Set {
	if object, ok := o.(metav1.Object); ok {
		return object.GetLabels()
	}
	return nil
}

// fieldFunc is a function from field to value as fields.Fields. A field
// exists if it has a value.
type fieldFunc func(field string) string

func (f fieldFunc) Has(field string) bool   { return f(field) != "" }
func (f fieldFunc) Get(field string) string { return f(field) }

// path finds fields of any Go value by their JSON names, joined by dots.
type path struct{ root any }

func (p path) Has(field string) bool {
	_, ok := p.lookup(field)
	return ok
}

func (p path) Get(field string) string {
	value, _ := p.lookup(field)
	return value
}

func (p path) lookup(field string) (string, bool) {
	if object, ok := p.root.(metav1.Object); ok {
		switch field {
		case "metadata.name":
			return object.GetName(), true
		case "metadata.namespace":
			return object.GetNamespace(), true
		}
	}
	value := reflect.ValueOf(p.root)
	for name := range strings.SplitSeq(field, ".") {
		value = child(indirect(value), name)
	}
	return text(indirect(value))
}

// indirect follows pointers and interfaces; a nil one gives the invalid Value.
func indirect(value reflect.Value) reflect.Value {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	return value
}

// child is the member of a struct or map with the given JSON name, or the
// invalid Value.
func child(value reflect.Value, name string) reflect.Value {
	switch value.Kind() {
	case reflect.Map:
		if value.Type().Key().Kind() != reflect.String {
			return reflect.Value{}
		}
		return value.MapIndex(reflect.ValueOf(name).Convert(value.Type().Key()))
	case reflect.Struct:
		return member(value, name)
	default:
		return reflect.Value{}
	}
}

func member(value reflect.Value, name string) reflect.Value {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == "" && field.Anonymous {
			if found := child(indirect(value.Field(i)), name); found.IsValid() {
				return found
			}
			continue
		}
		if tag == name || tag == "" && field.Name == name {
			return value.Field(i)
		}
	}
	return reflect.Value{}
}

// text is a scalar as selectors write it.
func text(value reflect.Value) (string, bool) {
	switch value.Kind() {
	case reflect.String:
		return value.String(), true
	case reflect.Bool,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return fmt.Sprint(value), true
	default:
		return "", false
	}
}
