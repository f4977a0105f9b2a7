package fidelity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// Mutation is an object that differs from a valid one in one place.
type Mutation struct {
	// Name says where and how: spec.replicas=-1.
	Name   string
	Object map[string]any
}

// body is the object as JSON.
func (m Mutation) body() []byte {
	body, err := json.Marshal(m.Object)
	if err != nil {
		panic(err) // it has been read from YAML
	}
	return body
}

// Mutations are those of an object: itself, every field that it has, left out or
// with another value, and every field that its schema has beside them.
func Mutations(object map[string]any, schema *Schema) []Mutation {
	m := newMutator(object)
	m.fields(nil, object, schema)
	return m.found
}

// StatusMutations are those of an object of which the status is to be written:
// of its status, and of its metadata, some of which are written with it.
func StatusMutations(object map[string]any, schema *Schema) []Mutation {
	m := newMutator(object)
	for _, part := range []string{"metadata", "status"} {
		m.fields([]any{part}, object[part].(map[string]any), schema.Field(part))
	}
	m.leaveOut([]any{"status"})
	m.leaveOut([]any{"spec"})
	return m.found
}

// mutator collects mutations of one object.
type mutator struct {
	object map[string]any
	found  []Mutation
}

func newMutator(object map[string]any) mutator {
	return mutator{object: object, found: []Mutation{{Name: "as it is", Object: object}}}
}

// depth is how far below an absent field samples go.
const depth = 2

// fixed are fields that say which object it is, not how.
var fixed = []string{"apiVersion", "kind"}

func (m *mutator) fields(path []any, object map[string]any, schema *Schema) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if len(path) == 0 && slices.Contains(fixed, name) {
			continue
		}
		at := append(slices.Clone(path), name)
		m.leaveOut(at)
		if !inTemplate(at) {
			m.value(at, object[name], schema.Field(name))
		}
	}
	for _, name := range schema.Names() {
		if _, has := object[name]; !has && !(len(path) == 0 && name == "status") {
			for _, sample := range schema.FieldSamples(name, depth) {
				m.replace(append(slices.Clone(path), name), sample)
			}
		}
	}
}

// inTemplate tells of the spec of a pod template: pods themselves stand for it.
func inTemplate(path []any) bool {
	return len(path) >= 2 && path[len(path)-1] == "spec" && path[len(path)-2] == "template"
}

func (m *mutator) value(at []any, value any, schema *Schema) {
	switch v := value.(type) {
	case map[string]any:
		m.replace(at, map[string]any{})
		m.replace(at, "text")
		m.fields(at, v, schema)
	case []any:
		m.replace(at, []any{})
		if len(v) > 0 {
			m.replace(at, append(slices.Clone(v), v[0]))
		}
		for i, item := range v {
			m.value(append(slices.Clone(at), i), item, schema.Items())
		}
	case string:
		m.replaceAll(at, otherStrings(v))
	case bool:
		m.replaceAll(at, []any{!v, "text"})
	case int64, float64:
		m.replaceAll(at, []any{int64(-1), int64(0), int64(1), int64(65536), int64(1) << 40, "text"})
	}
}

// otherStrings are strings that some field or other refuses.
func otherStrings(value string) []any {
	return []any{
		"", "Not_A_Name!", "other", strings.Repeat("a", 64), strings.Repeat("a", 254),
		"-1", "1.5", value + value, int64(7),
	}
}

func (m *mutator) replaceAll(at []any, values []any) {
	for _, v := range values {
		m.replace(at, v)
	}
}

func (m *mutator) replace(at []any, value any) {
	shown := fmt.Sprintf("%v", value)
	if len(shown) > 40 {
		shown = fmt.Sprintf("%s... (%d)", shown[:8], len(shown))
	}
	m.add(fmt.Sprintf("%s=%T %s", name(at), value, shown), at, func(parent map[string]any, field string) { parent[field] = value })
}

func (m *mutator) leaveOut(at []any) {
	m.add(name(at)+" left out", at, func(parent map[string]any, field string) { delete(parent, field) })
}

// add changes a copy of the object. Elements of lists are reached, and replaced,
// through their list.
func (m *mutator) add(name string, at []any, change func(parent map[string]any, field string)) {
	object := runtime.DeepCopyJSON(m.object)
	var parent any = object
	for _, step := range at[:len(at)-1] {
		parent = child(parent, step)
	}
	switch p := parent.(type) {
	case map[string]any:
		change(p, at[len(at)-1].(string))
	case []any:
		element := map[string]any{}
		change(element, "")
		p[at[len(at)-1].(int)] = element[""]
	}
	m.found = append(m.found, Mutation{Name: name, Object: object})
}

func child(parent, step any) any {
	if list, ok := parent.([]any); ok {
		return list[step.(int)]
	}
	return parent.(map[string]any)[step.(string)]
}

// name shows a path as Kubernetes does: spec.containers[0].name.
func name(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}
