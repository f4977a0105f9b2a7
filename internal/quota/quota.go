// Package quota measures what objects use of the resources that a
// ResourceQuota limits: https://kubernetes.io/docs/concepts/policy/resource-quotas/
// Admission uses it to refuse what would exceed a quota, a controller to keep
// the totals.
//
// It reads no store: it sees an object and says what it takes.
package quota

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Usage is what an object uses, by all names under which that may be limited.
func Usage(k *resources.Kind, obj store.Object) corev1.ResourceList {
	used := corev1.ResourceList{}
	for _, name := range countNames(k) {
		used[name] = one()
	}
	switch o := obj.(type) {
	case *corev1.Pod:
		podUsage(used, o)
	case *corev1.Service:
		serviceUsage(used, o)
	case *corev1.PersistentVolumeClaim:
		claimUsage(used, o)
	}
	return used
}

func one() resource.Quantity { return *resource.NewQuantity(1, resource.DecimalSI) }

// plain are the kinds that are also counted under their bare name.
var plain = []string{
	"pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
}

// countNames are the names under which the objects of a kind are counted.
func countNames(k *resources.Kind) []corev1.ResourceName {
	names := []corev1.ResourceName{corev1.ResourceName("count/" + k.GroupResource().String())}
	if k.Versions[0].Group == "" && slices.Contains(plain, k.Resource) {
		names = append(names, corev1.ResourceName(k.Resource))
	}
	return names
}

// Limits reports whether a quota limits objects of a kind: the names of what
// it limits of them, in order.
func Limits(k *resources.Kind, hard corev1.ResourceList) []corev1.ResourceName {
	var names []corev1.ResourceName
	counts := countNames(k)
	for _, name := range slices.Sorted(maps.Keys(hard)) {
		if slices.Contains(counts, name) || k.Versions[0].Group == "" && measures(k.Resource, name) {
			names = append(names, name)
		}
	}
	return names
}

// measures reports whether a name other than a count measures a resource.
func measures(kind string, name corev1.ResourceName) bool {
	switch kind {
	case "pods":
		return slices.Contains(computeNames, name) ||
			strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) && name != corev1.ResourceRequestsStorage ||
			strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
	case "services":
		return name == corev1.ResourceServicesNodePorts || name == corev1.ResourceServicesLoadBalancers
	case "persistentvolumeclaims":
		return name == corev1.ResourceRequestsStorage || strings.Contains(string(name), classInfix)
	}
	return false
}

// Mask keeps the named resources of a list.
func Mask(list corev1.ResourceList, names []corev1.ResourceName) corev1.ResourceList {
	masked := corev1.ResourceList{}
	for _, name := range names {
		if q, ok := list[name]; ok {
			masked[name] = q
		}
	}
	return masked
}

// Add adds one list to another.
func Add(to, more corev1.ResourceList) {
	for name, q := range more {
		sum := to[name].DeepCopy()
		sum.Add(q)
		to[name] = sum
	}
}

// Subtract returns a list less another, without what comes to nothing.
func Subtract(from, less corev1.ResourceList) corev1.ResourceList {
	rest := corev1.ResourceList{}
	for name, q := range from {
		left := q.DeepCopy()
		left.Sub(less[name])
		if !left.IsZero() {
			rest[name] = left
		}
	}
	for name, q := range less {
		if _, ok := from[name]; !ok && !q.IsZero() {
			q.Neg()
			rest[name] = q
		}
	}
	return rest
}

// Exceeded are the names, in order, of which a list has more than a limit.
func Exceeded(list, limit corev1.ResourceList) []corev1.ResourceName {
	var names []corev1.ResourceName
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q := list[name]
		if most, ok := limit[name]; ok && q.Cmp(most) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// String writes a list as messages have it: "cpu=1,pods=2".
func String(list corev1.ResourceList) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q := list[name]
		parts = append(parts, fmt.Sprintf("%s=%s", name, q.String()))
	}
	return strings.Join(parts, ",")
}
