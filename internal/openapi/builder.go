package openapi

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Builder makes documents. It remembers the schemas of the Go types it met,
// and is not safe for concurrent use.
type Builder struct {
	scheme  *runtime.Scheme
	traits  traits
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

// NewBuilder returns a Builder for kinds whose Go types are in scheme. The
// converter, as for server-side apply, tells list types and defaults; without
// one (nil) the documents lack these. Version is the server's: "v1.37.2".
func NewBuilder(scheme *runtime.Scheme, converter managedfields.TypeConverter, version string) *Builder {
	return &Builder{
		scheme:  scheme,
		traits:  traitsOf(converter),
		version: version,
		goTypes: map[string]definition{},
	}
}

// document collects what one document needs: the operations of its resources
// and the schemas they speak of.
type document struct {
	*Builder
	paths   []path
	schemas map[string]spec.Schema
}

func (b *Builder) document(resources []Resource) *document {
	d := &document{Builder: b, schemas: map[string]spec.Schema{}}
	resources = slices.SortedFunc(slices.Values(resources), func(x, y Resource) int {
		return cmp.Or(cmp.Compare(x.Kind.Group, y.Kind.Group), cmp.Compare(x.Kind.Version, y.Kind.Version), cmp.Compare(x.Name, y.Name))
	})
	for _, resource := range resources {
		d.addResource(resource)
	}
	for _, gv := range groupVersions(resources) {
		d.addDiscovery(gv)
	}
	slices.SortFunc(d.paths, func(x, y path) int { return strings.Compare(x.path, y.path) })
	return d
}

func groupVersions(resources []Resource) []schema.GroupVersion {
	set := map[schema.GroupVersion]bool{}
	for _, resource := range resources {
		set[resource.Kind.GroupVersion()] = true
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
			d.schemas[list] = listSchema(listKind, object)
		}
		return object, list
	}
	object = customModelName(resource.Kind)
	list = object + "List"
	d.require(reflect.TypeFor[metav1.ObjectMeta]())
	d.require(reflect.TypeFor[metav1.ListMeta]())
	d.schemas[object] = *resource.Schema
	d.schemas[list] = listSchema(listKind, object)
	return object, list
}
