package registry

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kubejig/kubejig/internal/store"
)

// forgetEmptyLists takes the empty lists and maps out of an object that is about
// to be stored, where its JSON would show them: Kubernetes stores its own kinds
// as protobuf, which can't tell them from none.
func forgetEmptyLists(q Request, obj store.Object) {
	if isExtension(q) {
		return
	}
	forget, _ := q.Kind.Memo(emptyListsOfKind{}, func() any { return emptyLists(reflect.TypeOf(obj)) }).(forgetter)
	if forget != nil {
		forget(reflect.ValueOf(obj))
	}
}

// emptyListsOfKind is the key under which a kind's forgetter is kept with it.
type emptyListsOfKind struct{}

// forgetter takes the empty lists out of values of one type.
type forgetter func(reflect.Value)

// emptyLists makes the forgetter of a type; it is nil where there is nothing to
// forget. Types within themselves, outer among them, are gone into once.
func emptyLists(t reflect.Type, outer ...reflect.Type) forgetter {
	if slices.Contains(outer, t) {
		return nil
	}
	switch outer = append(outer, t); t.Kind() {
	case reflect.Pointer:
		return forgetIn(emptyLists(t.Elem(), outer...), func(v reflect.Value, forget forgetter) {
			if !v.IsNil() {
				forget(v.Elem())
			}
		})
	case reflect.Slice:
		return forgetIn(emptyLists(t.Elem(), outer...), func(v reflect.Value, forget forgetter) {
			for i := range v.Len() {
				forget(v.Index(i))
			}
		})
	case reflect.Struct:
		return emptyListsOfFields(t, outer)
	}
	return nil
}

// forgetIn is what reach does with a forgetter, if there is one.
func forgetIn(forget forgetter, reach func(reflect.Value, forgetter)) forgetter {
	if forget == nil {
		return nil
	}
	return func(v reflect.Value) { reach(v, forget) }
}

func emptyListsOfFields(t reflect.Type, outer []reflect.Type) forgetter {
	var fields []forgetter
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			if forget := emptyListsOfField(f, outer); forget != nil {
				fields = append(fields, func(v reflect.Value) { forget(v.Field(i)) })
			}
		}
	}
	if fields == nil {
		return nil
	}
	return func(v reflect.Value) {
		for _, forget := range fields {
			forget(v)
		}
	}
}

func emptyListsOfField(f reflect.StructField, outer []reflect.Type) forgetter {
	within := emptyLists(f.Type, outer...)
	if !showsEmpty(f) {
		return within
	}
	return func(v reflect.Value) {
		switch {
		case !v.IsNil() && v.Len() == 0:
			v.SetZero()
		case within != nil:
			within(v)
		}
	}
}

// showsEmpty reports whether JSON shows a field that is an empty list or map.
func showsEmpty(f reflect.StructField) bool {
	isList := f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.Uint8
	return (isList || f.Type.Kind() == reflect.Map) && !strings.Contains(f.Tag.Get("json"), ",omit")
}
