package openapi

import (
	"cmp"
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
	description: "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
}

// variables are the parameters of a path's parts in braces, for objects of a
// kind.
func variables(path, kind string) []parameter {
	var found []parameter
	for _, v := range [][2]string{
		{"name", "name of the " + kind},
		{"namespace", "object name and auth scope, such as for teams and projects"},
		{"path", "path to the resource"},
	} {
		if strings.Contains(path, "{"+v[0]+"}") {
			found = append(found, parameter{name: v[0], in: "path", kind: "string", required: true, description: v[1]})
		}
	}
	return found
}

// optionParameters are the query parameters that an options type has fields
// for. Structs among its fields can not be written in a query.
func optionParameters(t reflect.Type) []parameter {
	if t == nil {
		return nil
	}
	var parameters []parameter
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		of := indirect(field.Type)
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		kind := scalars[of.Kind()][0]
		if of.Kind() == reflect.String {
			kind = "string"
		}
		if kind == "" || field.Anonymous || name == "" || name == "-" {
			continue
		}
		parameters = append(parameters, parameter{name: name, in: "query", kind: kind, description: markers().doc(t, name)})
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
	slices.SortStableFunc(all, parameter.compare)
	return slices.CompactFunc(all, func(x, y parameter) bool { return x.compare(y) == 0 })
}

// compare orders by name; a path's variable may be called like an option.
func (p parameter) compare(other parameter) int {
	return cmp.Or(strings.Compare(p.name, other.name), strings.Compare(p.in, other.in))
}

// common are the parameters that all operations of a path have; they stand with
// the path, and without stands what is left of each operation.
func common(operations []operation) (shared []parameter, without []operation) {
	counts := map[[2]string]int{}
	for _, o := range operations {
		for _, p := range o.parameters {
			counts[[2]string{p.name, p.in}]++
		}
	}
	everywhere := func(p parameter) bool { return counts[[2]string{p.name, p.in}] == len(operations) }
	for _, o := range operations {
		shared = slices.DeleteFunc(slices.Clone(o.parameters), func(p parameter) bool { return !everywhere(p) })
		o.parameters = slices.DeleteFunc(slices.Clone(o.parameters), everywhere)
		without = append(without, o)
	}
	return shared, without
}
