package openapi

import (
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// parameter is a part of a URL.
type parameter struct {
	name        string
	in          string // "path" or "query"
	kind        string // JSON type
	description string
	required    bool
}

var pretty = parameter{
	name: "pretty", in: "query", kind: "string",
	description: "If 'true', the output is indented and broken into lines.",
}

// pathParameters are those of the path of a collection, or of one object.
func (d *document) pathParameters(resource Resource, named bool) []parameter {
	var parameters []parameter
	if named {
		parameters = append(parameters, parameter{
			name: "name", in: "path", kind: "string", required: true,
			description: "name of the " + resource.Kind.Kind,
		})
	}
	if resource.Namespaced {
		parameters = append(parameters, parameter{
			name: "namespace", in: "path", kind: "string", required: true,
			description: "object name and auth scope, such as for teams and projects",
		})
	}
	return append(parameters, pretty)
}

// optionParameters are the query parameters that an options type has fields
// for. Structs among its fields can not be written in a query.
func optionParameters(t reflect.Type) []parameter {
	if t == nil {
		return nil
	}
	var parameters []parameter
	docs := docOf(t)
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		of := indirect(field.Type)
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		kind := scalars[of.Kind()][0]
		if of.Kind() == reflect.String || of == reflect.TypeFor[metav1.Time]() {
			kind = "string"
		}
		if kind == "" || field.Anonymous || name == "" || name == "-" {
			continue
		}
		parameters = append(parameters, parameter{name: name, in: "query", kind: kind, description: docs[name]})
	}
	return mergeParameters(parameters, nil)
}

// kindParameters is optionParameters for a kind of the scheme.
func (d *document) kindParameters(kind schema.GroupVersionKind) []parameter {
	options, err := d.scheme.New(kind)
	if err != nil {
		return nil
	}
	return optionParameters(reflect.TypeOf(options).Elem())
}

// selectionParameters are those by which a request selects of a collection.
func selectionParameters() []parameter {
	return slices.DeleteFunc(optionParameters(reflect.TypeFor[metav1.ListOptions]()), func(p parameter) bool {
		return p.name == "watch" || p.name == "allowWatchBookmarks"
	})
}

// mergeParameters joins two lists by name; of two of one name the first stays.
func mergeParameters(a, b []parameter) []parameter {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y parameter) int { return strings.Compare(x.name, y.name) })
	return slices.CompactFunc(all, func(x, y parameter) bool { return x.name == y.name })
}
