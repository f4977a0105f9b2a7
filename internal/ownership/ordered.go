package ownership

import (
	"fmt"
	"slices"

	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// ordered is a value whose maps are gone through in the order of their keys, so
// that what is wrong with it is told in the same words every time. It is slower
// than the value, and only read.
type ordered struct{ value.Value }

// GoString is that of the value itself: errors show values in Go's syntax.
func (o ordered) GoString() string { return fmt.Sprintf("%#v", o.Value) }

// String is that of the value itself, too.
func (o ordered) String() string { return fmt.Sprint(o.Value) }

func (o ordered) AsMap() value.Map { return orderedMap{o.Value.AsMap()} }

func (o ordered) AsMapUsing(value.Allocator) value.Map { return o.AsMap() }

func (o ordered) AsList() value.List { return orderedList{o.Value.AsList()} }

func (o ordered) AsListUsing(value.Allocator) value.List { return o.AsList() }

type orderedMap struct{ value.Map }

func (m orderedMap) Get(key string) (value.Value, bool) {
	v, ok := m.Map.Get(key)
	return ordered{v}, ok
}

func (m orderedMap) GetUsing(_ value.Allocator, key string) (value.Value, bool) { return m.Get(key) }

func (m orderedMap) Iterate(each func(string, value.Value) bool) bool {
	var keys []string
	m.Map.Iterate(func(key string, _ value.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.Sort(keys)
	for _, key := range keys {
		if v, _ := m.Get(key); !each(key, v) {
			return false
		}
	}
	return true
}

func (m orderedMap) IterateUsing(_ value.Allocator, each func(string, value.Value) bool) bool {
	return m.Iterate(each)
}

type orderedList struct{ value.List }

func (l orderedList) At(i int) value.Value { return ordered{l.List.At(i)} }

func (l orderedList) AtUsing(_ value.Allocator, i int) value.Value { return l.At(i) }
