package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	resourcehelper "k8s.io/component-helpers/resource"
)

// completePodResources completes a new pod's spec.resources when it is set in
// part, once admission has made the containers what they will be: limits of huge
// pages and requests come from the containers, requests that are still open from
// the pod's own limits, and limits that are then still open from the containers,
// if all of them have one.
func completePodResources(pod *corev1.Pod) {
	own := pod.Spec.Resources
	if own == nil || len(own.Limits)+len(own.Requests) == 0 {
		return
	}
	none := resourcehelper.PodResourcesOptions{}
	containerLimits := resourcehelper.AggregateContainerLimits(pod, none)

	limits := own.Limits.DeepCopy()
	addMissing(&limits, containerLimits, func(name corev1.ResourceName) bool {
		_, requested := own.Requests[name]
		return isHugePages(name) && !requested
	})
	requests := own.Requests.DeepCopy()
	addMissing(&requests, resourcehelper.AggregateContainerRequests(pod, none), func(name corev1.ResourceName) bool {
		return resourcehelper.IsSupportedPodLevelResource(name) && isOvercommitAllowed(name)
	})
	addMissing(&requests, limits, resourcehelper.IsSupportedPodLevelResource)
	addMissing(&limits, largest(containerLimits, requests), func(name corev1.ResourceName) bool {
		return resourcehelper.IsSupportedPodLevelResource(name) && limitedEverywhere(&pod.Spec, name)
	})
	own.Limits, own.Requests = limits, requests
}

// addMissing copies those entries of from that wanted accepts and that to lacks.
func addMissing(to *corev1.ResourceList, from corev1.ResourceList, wanted func(corev1.ResourceName) bool) {
	for name, quantity := range from {
		if _, exists := (*to)[name]; exists || !wanted(name) {
			continue
		}
		if *to == nil {
			*to = corev1.ResourceList{}
		}
		(*to)[name] = quantity.DeepCopy()
	}
}

// largest are the larger quantities of what both lists have.
func largest(a, b corev1.ResourceList) corev1.ResourceList {
	both := corev1.ResourceList{}
	for name, quantity := range a {
		other, found := b[name]
		switch {
		case !found:
		case other.Cmp(quantity) > 0:
			both[name] = other
		default:
			both[name] = quantity
		}
	}
	return both
}

// limitedEverywhere reports whether each container has a limit of a resource.
func limitedEverywhere(spec *corev1.PodSpec, name corev1.ResourceName) bool {
	everywhere := true
	VisitContainers(spec, nil, func(c *corev1.Container, _ *field.Path) {
		_, limited := c.Resources.Limits[name]
		everywhere = everywhere && limited
	})
	return everywhere
}
