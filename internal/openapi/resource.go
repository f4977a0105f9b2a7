package openapi

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Resource is what a document says about one resource of a group version.
type Resource struct {
	// Kind has its Go type, and that of its list, in the scheme of the
	// Builder, unless Schema is set.
	Kind       schema.GroupVersionKind
	Name       string // plural, as in paths: "pods"
	Namespaced bool
	// Verbs as discovery lists them: get, list, watch, create, update, patch,
	// delete, deletecollection.
	Verbs []string
	// ReturnsDeleted tells that deleting an object returns it, not a Status.
	ReturnsDeleted bool
	// Schema describes the objects of a custom resource; CustomSchema makes
	// it. Nil for kinds with a Go type.
	Schema *spec.Schema
	// SelectableFields are the paths of a custom resource's fields that
	// selectors know: "spec.color".
	SelectableFields []string
	Subresources     []Subresource
}

// Subresource is a part of a resource with a path of its own.
type Subresource struct {
	Name string // as in paths: "status"
	// Kind is what is read and written there: that of the resource for
	// status, autoscaling/v1 Scale for scale, and for what is connected to
	// (exec, proxy) the kind of its options, such as PodExecOptions.
	Kind schema.GroupVersionKind
	// Verbs as discovery lists them: get, create, update, patch, delete.
	Verbs []string
	// Options, if set, is the kind whose fields are query parameters, such as
	// PodLogOptions. It is of the group version of the resource.
	Options string
}
