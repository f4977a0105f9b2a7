package resources

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// actionSubresource is a path that does something with an object instead of
// changing a part of it. The API server has a handler for each.
func actionSubresource(name string, gvk schema.GroupVersionKind, verbs ...string) *Subresource {
	return &Subresource{Name: name, GVK: gvk, Verbs: verbs}
}

// coreKind is a kind of the core group by its name.
func coreKind(name string) schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind(name) }

// proxySubresource is the path through which HTTP requests are passed on to
// what an object stands for; options is the kind of its query parameters.
func proxySubresource(options string) *Subresource {
	return actionSubresource("proxy", coreKind(options), "create", "delete", "get", "patch", "update")
}
