package describe

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"
)

// qosClass is the quality of service that a pod's status tells, or else that
// its requests and limits make.
func qosClass(pod *corev1.Pod) corev1.PodQOSClass {
	if pod.Status.QOSClass != "" {
		return pod.Status.QOSClass
	}
	if resourcehelper.IsPodLevelResourcesSet(pod) {
		return qosOf(pod.Spec.Resources)
	}
	var classes []corev1.PodQOSClass
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		classes = append(classes, qosOf(&container.Resources))
	}
	return commonClass(classes)
}

func qosOf(resources *corev1.ResourceRequirements) corev1.PodQOSClass {
	if len(resources.Requests) == 0 && len(resources.Limits) == 0 {
		return corev1.PodQOSBestEffort
	}
	var classes []corev1.PodQOSClass
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, limit := resources.Requests[name], resources.Limits[name]
		switch {
		case !request.Equal(limit):
			classes = append(classes, corev1.PodQOSBurstable)
		case request.IsZero():
			classes = append(classes, corev1.PodQOSBestEffort)
		default:
			classes = append(classes, corev1.PodQOSGuaranteed)
		}
	}
	return commonClass(classes)
}

// commonClass is the class that all parts have; parts that differ make the
// whole burstable.
func commonClass(classes []corev1.PodQOSClass) corev1.PodQOSClass {
	classes = slices.Compact(slices.Sorted(slices.Values(classes)))
	switch len(classes) {
	case 0:
		return corev1.PodQOSBestEffort
	case 1:
		return classes[0]
	default:
		return corev1.PodQOSBurstable
	}
}
