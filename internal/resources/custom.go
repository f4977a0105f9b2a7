package resources

import (
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Custom is what a kind has beyond a built-in one when a
// CustomResourceDefinition declares it.
type Custom struct {
	Definition *apiextensionsv1.CustomResourceDefinition
}

// Terminating reports whether the definition is being deleted, with all
// objects of the kind.
func (c *Custom) Terminating() bool {
	return c != nil && c.Definition.DeletionTimestamp != nil
}

// Serves reports whether a version has a subresource.
func (c *Custom) Serves(version, subresource string) bool {
	for _, v := range c.Definition.Spec.Versions {
		if v.Name != version || v.Subresources == nil {
			continue
		}
		return subresource == "status" && v.Subresources.Status != nil || subresource == "scale" && v.Subresources.Scale != nil
	}
	return false
}

// Schema is what the definition declares of the objects of a version; nil:
// nothing.
func (c *Custom) Schema(version string) *apiextensionsv1.JSONSchemaProps {
	for _, v := range c.Definition.Spec.Versions {
		if v.Name == version && v.Schema != nil {
			return v.Schema.OpenAPIV3Schema
		}
	}
	return nil
}

// SelectableFields are the paths of the fields of a version that selectors know:
// "spec.color".
func (c *Custom) SelectableFields(version string) []string {
	var paths []string
	for _, v := range c.Definition.Spec.Versions {
		for _, field := range v.SelectableFields {
			if v.Name == version {
				paths = append(paths, strings.TrimPrefix(field.JSONPath, "."))
			}
		}
	}
	return paths
}
