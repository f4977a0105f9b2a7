package apiservice

import (
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/customresource"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

var (
	version  = schema.GroupVersion{Group: "apiregistration.k8s.io", Version: "v1"}
	resource = schema.GroupResource{Group: version.Group, Resource: "apiservices"}
)

// Kind is the kind of API services. Its Go types are in a library that nothing
// else is needed of, so it is made like a custom one. It can only be read.
var Kind = sync.OnceValue(func() *resources.Kind {
	k, err := customresource.NewKind(definition(), nil)
	if err != nil {
		panic(err) // the definition does not depend on any input
	}
	k.Verbs = []string{"get", "list", "watch"}
	k.Subresources = nil
	k.Table = resources.Table{
		Columns: []metav1.TableColumnDefinition{
			resources.NameColumn(),
			resources.Column("Service", "The reference to the service that hosts this API endpoint."),
			resources.Column("Available", "Whether this service is available."),
			resources.AgeColumn(),
		},
		Row: row,
	}
	return k
})

// row shows a service of this API server: there are no others.
func row(obj store.Object, now time.Time) []any {
	u := obj.(*unstructured.Unstructured)
	return []any{u.GetName(), "Local", "True", resources.Age(u.GetCreationTimestamp(), now)}
}

// definition is what a CustomResourceDefinition would say of API services.
func definition() *apiextensionsv1.CustomResourceDefinition {
	names := apiextensionsv1.CustomResourceDefinitionNames{
		Plural: resource.Resource, Singular: "apiservice", Kind: "APIService", ListKind: "APIServiceList",
		Categories: []string{"api-extensions"},
	}
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: resource.String()},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: version.Group, Names: names, Scope: apiextensionsv1.ClusterScoped,
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: version.Version, Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: schemaOf()},
			}},
		},
		Status: apiextensionsv1.CustomResourceDefinitionStatus{AcceptedNames: names},
	}
}

func schemaOf() *apiextensionsv1.JSONSchemaProps {
	text := func(description string) apiextensionsv1.JSONSchemaProps {
		return apiextensionsv1.JSONSchemaProps{Type: "string", Description: description}
	}
	number := func(description string) apiextensionsv1.JSONSchemaProps {
		return apiextensionsv1.JSONSchemaProps{Type: "integer", Format: "int32", Description: description}
	}
	condition := object("A condition of an API service at a certain point.", map[string]apiextensionsv1.JSONSchemaProps{
		"type": text("What the condition is about."), "status": text("True, False or Unknown."),
		"reason": text("Why, in one word."), "message": text("Why, for humans."),
		"lastTransitionTime": {Type: "string", Format: "date-time", Description: "When the status changed last."},
	})
	spec := object("Where the version of an API group is served.", map[string]apiextensionsv1.JSONSchemaProps{
		"group": text("The API group, empty for the core group."), "version": text("The version, such as v1."),
		"groupPriorityMinimum": number("The priority of the group, at least; clients prefer higher ones."),
		"versionPriority":      number("The priority of the version within its group."),
	})
	status := object("What has been seen of the service.", map[string]apiextensionsv1.JSONSchemaProps{
		"conditions": {Type: "array", Items: &apiextensionsv1.JSONSchemaPropsOrArray{Schema: &condition}},
	})
	root := object("APIService is the server of one version of an API group.", map[string]apiextensionsv1.JSONSchemaProps{"spec": spec, "status": status})
	return &root
}

func object(description string, properties map[string]apiextensionsv1.JSONSchemaProps) apiextensionsv1.JSONSchemaProps {
	return apiextensionsv1.JSONSchemaProps{Type: "object", Description: description, Properties: properties}
}
