package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
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
		completeEmbedded(&object)
	}
	addObjectMeta(&object)
	object.AddExtension(extensionKind, []any{kindExtension(kind)})
	return &object, nil
}

// completeEmbedded gives objects within the object their metadata.
func completeEmbedded(s *spec.Schema) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		completeEmbedded(&property)
		s.Properties[name] = property
	}
	if s.Items != nil && s.Items.Schema != nil {
		completeEmbedded(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		completeEmbedded(s.AdditionalProperties.Schema)
	}
	if embedded, _ := s.Extensions.GetBool("x-kubernetes-embedded-resource"); embedded {
		addObjectMeta(s)
	}
}

// addObjectMeta gives a schema the fields that every object has.
func addObjectMeta(s *spec.Schema) {
	addTypeMeta(s)
	s.SetProperty("metadata", metadata(objectMetaModel, "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"))
}

func addTypeMeta(s *spec.Schema) {
	docs := metav1.TypeMeta{}.SwaggerDoc()
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
func listSchema(kind schema.GroupVersionKind, item string) spec.Schema {
	name := strings.TrimSuffix(kind.Kind, "List")
	s := plain("object", "")
	s.Description = kind.Kind + " is a list of " + name
	addTypeMeta(&s)
	s.SetProperty("metadata", metadata(listMetaModel, "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"))
	items := spec.ArrayProperty(&spec.Schema{SchemaProps: spec.SchemaProps{
		AllOf: []spec.Schema{*spec.RefSchema(refPrefix + item)},
	}})
	items.Description = "List of " + strings.ToLower(name) + "s."
	s.SetProperty("items", *items)
	s.Required = []string{"items"}
	s.AddExtension(extensionKind, []any{kindExtension(kind)})
	return s
}

// customModelName names a kind's schema by its group reversed:
// "com.example.stable.v1.CronTab".
func customModelName(kind schema.GroupVersionKind) string {
	parts := strings.Split(kind.Group, ".")
	slices.Reverse(parts)
	return strings.Join(append(parts, kind.Version, kind.Kind), ".")
}
