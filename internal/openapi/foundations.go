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

// foundationDocs describe the basic types that carry no description at run
// time, by model name.
var foundationDocs = map[string]string{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":   "Quantity is a fixed-point number with an optional suffix: decimal (n, u, m, k, M, G, T, P, E), binary (Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (e3). For example 500m, 1.5Gi or 2e3.",
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString is either an integer or a string, such as a port number or name, or a count or percentage.",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Time":       "Time is a date and time in RFC 3339 form, in whole seconds.",
	"io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime":  "MicroTime is a date and time in RFC 3339 form, in microseconds.",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Duration":   "Duration is a span of time such as 1h30m or 15s.",
	"io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent": "Event is one change in a watched collection.",
	"io.k8s.apimachinery.pkg.runtime.RawExtension":    "RawExtension is any object, of a kind of its own.",
	"io.k8s.apimachinery.pkg.version.Info":            "Info tells the version of the server.",
}
