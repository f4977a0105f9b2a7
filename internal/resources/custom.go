package resources

import (
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
