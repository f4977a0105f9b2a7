package podspec

import (
	corev1 "k8s.io/api/core/v1"
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
	if resourcehelper.IsPodLevelResourcesSet(pod) {
		return qosOfRequirements(pod.Spec.Resources)
	}
	var classes []corev1.PodQOSClass
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			classes = append(classes, qosOfRequirements(&list[i].Resources))
		}
	}
	return commonClass(classes...)
}

func qosOfRequirements(r *corev1.ResourceRequirements) corev1.PodQOSClass {
	return commonClass(qosOfResource(r, corev1.ResourceCPU), qosOfResource(r, corev1.ResourceMemory))
}

// qosOfResource is the class that one resource stands for.
func qosOfResource(r *corev1.ResourceRequirements, name corev1.ResourceName) corev1.PodQOSClass {
	request, limit := r.Requests[name], r.Limits[name]
	switch {
	case !request.Equal(limit):
		return corev1.PodQOSBurstable
	case request.IsZero():
		return corev1.PodQOSBestEffort
	default:
		return corev1.PodQOSGuaranteed
	}
}

// commonClass is the class of what has parts: theirs, if they agree.
func commonClass(classes ...corev1.PodQOSClass) corev1.PodQOSClass {
	if len(classes) == 0 {
		return corev1.PodQOSBestEffort
	}
	for _, class := range classes {
		if class != classes[0] {
			return corev1.PodQOSBurstable
		}
	}
	return classes[0]
}
