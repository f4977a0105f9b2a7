package openapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
)

// markerTables hold what the comments of the API types say. All are by the full
// name of the Go type.
type markerTables struct {
	// enums are the values that a string type may have, with what they mean.
	enums map[string]map[string]string
	// types and fields have markers, such as "listType=map"; fields go by JSON
	// name. "optional" fields may be left out although they lack omitempty;
	// "required" ones may not although they have it.
	types  map[string][]string
	fields map[string]map[string][]string
	// docs are descriptions that types do not carry with them, or not whole, of
	// fields by JSON name, and of types under "".
	docs map[string]map[string]string
}

// doc describes a field of a type, or for "" the type.
func (m markerTables) doc(t reflect.Type, field string) string {
	if doc := m.docs[goName(t)][field]; doc != "" {
		return doc
	}
	if self, ok := as[documented](t); ok {
		return self.SwaggerDoc()[field]
	}
	return ""
}

// requires tells whether a field of a type must be given.
func (m markerTables) requires(owner, field string, omitempty bool) bool {
	if omitempty {
		return slices.Contains(m.fields[owner][field], "required")
	}
	return !slices.Contains(m.fields[owner][field], "optional")
}

// mark adds what markers of a type or field say to its schema.
func mark(s *spec.Schema, markers []string) {
	var keys []any
	for _, marker := range markers {
		switch name, value, _ := strings.Cut(marker, "="); name {
		case "listType":
			s.AddExtension("x-kubernetes-list-type", value)
		case "listMapKey":
			keys = append(keys, value)
		case "mapType", "structType":
			s.AddExtension("x-kubernetes-map-type", value)
		case "default":
			// The generator has made it JSON.
			_ = json.Unmarshal([]byte(value), &s.Default)
		}
	}
	if keys != nil {
		s.AddExtension("x-kubernetes-list-map-keys", keys)
	}
}

// unionOf is the group of a struct type's fields of which an object has only
// one, in the form of the extension x-kubernetes-unions.
func unionOf(t reflect.Type) []any {
	members, union := map[string]any{}, map[string]any{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case slices.Contains(markers().fields[goName(t)][name], "unionDiscriminator"):
			union["discriminator"] = name
		case strings.Contains(options, "omitempty"):
			members[name] = field.Name
		}
	}
	union["fields-to-discriminateBy"] = members
	return []any{union}
}

// describeValues lists the values of an enumeration for people.
func describeValues(values map[string]string) string {
	if len(values) == 0 {
		return ""
	}
	var lines []string
	for value, meaning := range values {
		lines = append(lines, strings.TrimSpace(" - `\""+value+"\"` "+meaning))
	}
	slices.Sort(lines)
	return "\n\nPossible enum values:\n " + strings.Join(lines, "\n ")
}

// enumValues are the values of an enumeration, sorted.
func enumValues(values map[string]string) []any {
	var sorted []any
	for _, value := range slices.Sorted(maps.Keys(values)) {
		sorted = append(sorted, value)
	}
	return sorted
}
