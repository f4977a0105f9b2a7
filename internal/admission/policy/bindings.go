package policy

import (
	"k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/store"
)

// Resource is a resource of policies or of their bindings.
func Resource(name string) schema.GroupResource {
	return schema.GroupResource{Group: v1.GroupName, Resource: name}
}

// byPolicy is the index of bindings by the policy they name.
const byPolicy = "spec.policyName"

// EachBound calls f with each policy that has a binding, by name, and with its
// bindings, by name. nameOf is the policy that a binding names.
func EachBound(s *store.Store, policies, bindings schema.GroupResource, nameOf func(store.Object) string, f func(policy *store.Item, bindings []store.Object)) {
	if s.Len(bindings) == 0 {
		return
	}
	s.AddIndex(bindings, byPolicy, func(obj store.Object, names []string) []string { return append(names, nameOf(obj)) })
	s.Scan(policies, "", func(item *store.Item) bool {
		var bound []store.Object
		s.ScanIndex(bindings, byPolicy, item.Object.GetName(), func(b *store.Item) bool {
			bound = append(bound, b.Object)
			return true
		})
		if len(bound) > 0 {
			f(item, bound)
		}
		return true
	})
}
