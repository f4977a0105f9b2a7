package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

const (
	objectMetaModel = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
	listMetaModel   = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
)

// CustomSchema makes the schema of a custom resource's objects of what its
// CustomResourceDefinition declares for the version; nil declares nothing.
func CustomSchema(kind schema.GroupVersionKind, declared *apiextensionsv1.JSONSchemaProps) (*spec.Schema, error) {
	object := plain("object", "")
	if declared == nil {
		object.AddExtension("x-kubernetes-preserve-unknown-fields", true)
	} else {
		encoded, err := json.Marshal(declared)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", kind, err)
		}
		object = spec.Schema{}
		if err := json.Unmarshal(encoded, &object); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", kind, err)
		}
		complete(&object)
	}
	addObjectMeta(&object, metav1.TypeMeta{}.SwaggerDoc())
	object.AddExtension(extensionKind, []any{kindExtension(kind)})
	return &object, nil
}

// complete gives objects within the object their metadata, and says of what may
// be a number or a string that it may.
func complete(s *spec.Schema) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		complete(&property)
		s.Properties[name] = property
	}
	if s.Items != nil && s.Items.Schema != nil {
		complete(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		complete(s.AdditionalProperties.Schema)
	}
	if embedded, _ := s.Extensions.GetBool("x-kubernetes-embedded-resource"); embedded {
		addObjectMeta(s, embeddedDocs)
		s.Required = append(s.Required, missing(s.Required, "kind", "apiVersion")...)
	}
	if either, _ := s.Extensions.GetBool("x-kubernetes-int-or-string"); either && len(s.AnyOf) == 0 && len(s.AllOf) == 0 {
		s.AnyOf = []spec.Schema{plain("integer", ""), plain("string", "")}
	}
}

// embeddedDocs describe the type of an object within another.
var embeddedDocs = map[string]string{
	"apiVersion": "apiVersion defines the versioned schema of this representation of an object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
	"kind":       "kind is a string value representing the type of this object. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
}

// missing are those of some names that a list lacks.
func missing(list []string, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(list, name) })
}

// addObjectMeta gives a schema the fields that every object has, with docs for
// those of its type.
func addObjectMeta(s *spec.Schema, docs map[string]string) {
	addTypeMeta(s, docs)
	s.SetProperty("metadata", metadata(objectMetaModel, "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"))
}

func addTypeMeta(s *spec.Schema, docs map[string]string) {
	for _, name := range []string{"apiVersion", "kind"} {
		property := plain("string", "")
		property.Description = docs[name]
		s.SetProperty(name, property)
	}
}

func metadata(model, description string) spec.Schema {
	s := spec.Schema{}
	s.Description = description
	s.AllOf = []spec.Schema{*spec.RefSchema(refPrefix + model)}
	return s
}

// listSchema is the list of a kind that has no Go type.
func listSchema(kind schema.GroupVersionKind, plural, item string) spec.Schema {
	name := strings.TrimSuffix(kind.Kind, "List")
	s := plain("object", "")
	s.Description = kind.Kind + " is a list of " + name
	addTypeMeta(&s, metav1.TypeMeta{}.SwaggerDoc())
	s.SetProperty("metadata", metadata(listMetaModel, "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"))
	items := spec.ArrayProperty(spec.RefSchema(refPrefix + item))
	items.Description = "List of " + plural + ". More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
	s.SetProperty("items", *items)
	s.Required = []string{"items"}
	s.AddExtension(extensionKind, []any{kindExtension(kind)})
	return s
}

// withSelectable is the schema of a custom resource, or of its list, that tells
// which fields selectors know.
func withSelectable(s spec.Schema, paths []string) spec.Schema {
	if len(paths) == 0 {
		return s
	}
	var fields []any
	for _, path := range paths {
		fields = append(fields, map[string]any{"fieldPath": path})
	}
	s.Extensions = maps.Clone(s.Extensions)
	s.AddExtension("x-kubernetes-selectable-fields", fields)
	return s
}

// customModelName names a kind's schema by its group reversed:
// "com.example.stable.v1.CronTab".
func customModelName(kind schema.GroupVersionKind) string {
	parts := strings.Split(kind.Group, ".")
	slices.Reverse(parts)
	return strings.Join(append(parts, kind.Version, kind.Kind), ".")
}

// customized is an operation on custom resources, about whose objects less is
// known to the server.
func customized(o operation, v verb, resource Resource) operation {
	o.kind, o.produces = resource.Kind, []string{jsonType, yamlType}
	if v.name == "patch" {
		o.consumes, o.codes = customPatchTypes, []int{200}
	} else {
		o.consumes = o.produces
	}
	switch v.name {
	case "list":
		o.description = "list objects of kind " + resource.Kind.Kind
	case "get":
		o.parameters = mergeParameters(o.parameters, optionParameters(reflect.TypeFor[metav1.GetOptions]()))
	case "deletecollection":
		o.body, o.parameters = "", mergeParameters(optionParameters(reflect.TypeFor[metav1.ListOptions]()), []parameter{pretty})
	}
	return o
}
