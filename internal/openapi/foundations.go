package openapi

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// extensionKind and extensionAction tell tools which kind a schema or an
// operation is about, and what an operation does.
const (
	extensionKind   = "x-kubernetes-group-version-kind"
	extensionAction = "x-kubernetes-action"
)

func kindExtension(kind schema.GroupVersionKind) map[string]any {
	return map[string]any{"group": kind.Group, "kind": kind.Kind, "version": kind.Version}
}

func sortedKinds(kinds []schema.GroupVersionKind) []schema.GroupVersionKind {
	return slices.SortedFunc(slices.Values(kinds), func(x, y schema.GroupVersionKind) int {
		return cmp.Or(cmp.Compare(x.Group, y.Group), cmp.Compare(x.Version, y.Version), cmp.Compare(x.Kind, y.Kind))
	})
}
