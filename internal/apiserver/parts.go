package apiserver

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/store"
)

// parts are the top-level fields of an object that a patch says nothing of.
// Only the others need be taken apart and put together again, which is most of
// the work: a patch of metadata leaves the spec alone.
type parts struct {
	fields []int // indexes in the object's type
	kept   reflect.Value
}

// setAside takes the fields out of an object that a patch does not name. The
// object must be a shallow copy.
func setAside(obj store.Object, patch map[string]any) parts {
	whole := reflect.ValueOf(obj).Elem()
	p := parts{fields: unnamed(whole.Type(), patch)}
	kept := reflect.New(whole.Type())
	for _, i := range p.fields {
		kept.Elem().Field(i).Set(whole.Field(i))
		whole.Field(i).SetZero()
	}
	p.kept = reflect.ValueOf(kept.Interface().(runtime.Object).DeepCopyObject()).Elem()
	return p
}

// putBack gives an object the fields that were set aside.
func (p parts) putBack(obj store.Object) {
	for _, i := range p.fields {
		reflect.ValueOf(obj).Elem().Field(i).Set(p.kept.Field(i))
	}
}

// unnamed are the fields of a type that a patch does not name. A directive may
// be about any of them.
func unnamed(t reflect.Type, patch map[string]any) []int {
	for key := range patch {
		if strings.HasPrefix(key, "$") {
			return nil
		}
	}
	var indexes []int
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if _, named := patch[name]; name != "" && !named {
			indexes = append(indexes, i)
		}
	}
	return indexes
}
