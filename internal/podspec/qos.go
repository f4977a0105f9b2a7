package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// QOSClass returns the quality-of-service class of a pod: that in its status,
// or the one its spec gives it.
func QOSClass(pod *corev1.Pod) corev1.PodQOSClass {
	if pod.Status.QOSClass != "" {
		return pod.Status.QOSClass
	}
	return ComputeQOSClass(pod)
}

// ComputeQOSClass returns the class that a pod's spec gives it: Guaranteed if
// everything is limited to what it requests, BestEffort if nothing requests or
// is limited to anything, and Burstable otherwise.
func ComputeQOSClass(pod *corev1.Pod) corev1.PodQOSClass {
	total := resourceTotals{requests: corev1.ResourceList{}, limits: corev1.ResourceList{}, allLimited: true}
	if resourcehelper.IsPodLevelResourcesSet(pod) {
		total.add(pod.Spec.Resources)
	} else {
		for i := range pod.Spec.Containers {
			total.add(&pod.Spec.Containers[i].Resources)
		}
		for i := range pod.Spec.InitContainers {
			total.add(&pod.Spec.InitContainers[i].Resources)
		}
	}
	switch {
	case len(total.requests)+len(total.limits) == 0:
		return corev1.PodQOSBestEffort
	case total.allLimited && equalQuantities(total.requests, total.limits):
		return corev1.PodQOSGuaranteed
	default:
		return corev1.PodQOSBurstable
	}
}

// resourceTotals sums up the cpu and memory of a pod.
type resourceTotals struct {
	requests, limits corev1.ResourceList
	allLimited       bool // everything added so far has limits of both
}

func (t *resourceTotals) add(r *corev1.ResourceRequirements) {
	addCPUAndMemory(t.requests, r.Requests)
	if addCPUAndMemory(t.limits, r.Limits) < 2 {
		t.allLimited = false
	}
}

// addCPUAndMemory adds what is not zero and returns how many resources that is.
func addCPUAndMemory(total, list corev1.ResourceList) int {
	added := 0
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if quantity := list[name]; quantity.Cmp(resource.Quantity{}) > 0 {
			sum := total[name].DeepCopy()
			sum.Add(quantity)
			total[name] = sum
			added++
		}
	}
	return added
}

func equalQuantities(a, b corev1.ResourceList) bool {
	if len(a) != len(b) {
		return false
	}
	for name, quantity := range a {
		if other, found := b[name]; !found || quantity.Cmp(other) != 0 {
			return false
		}
	}
	return true
}
