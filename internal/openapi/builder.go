package openapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Builder makes documents. It remembers the schemas of the Go types it met,
// and is not safe for concurrent use.
type Builder struct {
	scheme  *runtime.Scheme
	version string

	// goTypes are the schemas of the Go types met so far, by model name, in
	// the form of version 3, with the names each refers to.
	goTypes map[string]definition
}

// definition is a named schema and the names it refers to.
type definition struct {
	schema spec.Schema
	refs   []string
}

// NewBuilder returns a Builder for kinds whose Go types are in scheme. Version is
// that of the API: "1.37".
func NewBuilder(scheme *runtime.Scheme, version string) *Builder {
	return &Builder{
		scheme:  scheme,
		version: version,
		goTypes: map[string]definition{},
	}
}

// document collects what one document needs: the operations of its resources
// and the schemas they speak of.
type document struct {
	*Builder
	paths   map[string][]operation
	schemas map[string]spec.Schema
}

func (b *Builder) document() *document {
	return &document{Builder: b, paths: map[string][]operation{}, schemas: map[string]spec.Schema{}}
}

// addResources adds resources and where they are found.
func (d *document) addResources(resources []Resource) {
	for _, resource := range resources {
		d.addResource(resource)
	}
	for _, gv := range groupVersions(resources) {
		d.addVersion(gv)
	}
}

func groupVersions(resources []Resource) []schema.GroupVersion {
	set := map[schema.GroupVersion]bool{}
	for _, resource := range resources {
		// There are no documents on where custom resources are found.
		if resource.Schema == nil {
			set[resource.Kind.GroupVersion()] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(x, y schema.GroupVersion) int {
		return strings.Compare(x.String(), y.String())
	})
}

// require adds the schemas of a Go type and of everything it refers to, and
// returns the type's model name.
func (d *document) require(t reflect.Type) string {
	name := d.define(t)
	d.include(name)
	return name
}

func (d *document) include(name string) {
	if _, done := d.schemas[name]; done {
		return
	}
	found, ok := d.goTypes[name]
	if !ok {
		return
	}
	d.schemas[name] = found.schema
	for _, ref := range found.refs {
		d.include(ref)
	}
}

// model returns the model name of a kind, and adds its schemas; "" if the
// scheme does not know the kind.
func (d *document) model(kind schema.GroupVersionKind) string {
	object, err := d.scheme.New(kind)
	if err != nil {
		return ""
	}
	return d.require(reflect.TypeOf(object).Elem())
}

// addModels adds the schemas of a resource's objects and lists, and returns
// their model names.
func (d *document) addModels(resource Resource) (object, list string) {
	listKind := resource.Kind.GroupVersion().WithKind(resource.Kind.Kind + "List")
	if resource.Schema == nil {
		object, list = d.model(resource.Kind), d.model(listKind)
		if object != "" && list == "" && slices.Contains(resource.Verbs, "list") {
			list = object + "List"
			d.schemas[list] = listSchema(listKind, resource.Name, object)
		}
		return object, list
	}
	object = customModelName(resource.Kind)
	list = object + "List"
	d.require(reflect.TypeFor[metav1.ObjectMeta]())
	d.require(reflect.TypeFor[metav1.ListMeta]())
	d.schemas[object] = withSelectable(*resource.Schema, resource.SelectableFields)
	d.schemas[list] = withSelectable(listSchema(listKind, resource.Name, object), resource.SelectableFields)
	return object, list
}
