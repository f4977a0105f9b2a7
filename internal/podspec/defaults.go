package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

// SetPodDefaults fills in what a written pod leaves open: all of
// [SetSpecDefaults], and what is defaulted only for pods and not for templates.
func SetPodDefaults(pod *corev1.Pod) {
	SetSpecDefaults(&pod.Spec)
	if *pod.Spec.TerminationGracePeriodSeconds < 0 {
		pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](1)
	}
	setRequestsFromLimits(pod.Spec.Containers)
	setRequestsFromLimits(pod.Spec.InitContainers)
	setDefault(&pod.Spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	if pod.Spec.HostNetwork {
		setHostPorts(pod.Spec.Containers)
		setHostPorts(pod.Spec.InitContainers)
	}
	syncPodIPs(&pod.Status)
}

// SetTemplateDefaults fills in what a written pod template leaves open.
func SetTemplateDefaults(template *corev1.PodTemplateSpec) {
	SetSpecDefaults(&template.Spec)
}

// SetSpecDefaults fills in what any written pod spec leaves open.
func SetSpecDefaults(spec *corev1.PodSpec) {
	setIfZero(&spec.DNSPolicy, corev1.DNSClusterFirst)
	setIfZero(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	setIfZero(&spec.SchedulerName, corev1.DefaultSchedulerName)
	setDefault(&spec.TerminationGracePeriodSeconds, int64(corev1.DefaultTerminationGracePeriodSeconds))
	if spec.SecurityContext == nil {
		spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	setIfZero(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName

	for i := range spec.Volumes {
		setVolumeDefaults(&spec.Volumes[i])
	}
	VisitContainers(spec, nil, setContainerDefaults)
	roundUpResources(spec.Overhead)
	if spec.Resources != nil {
		roundUpResources(spec.Resources.Limits)
		roundUpResources(spec.Resources.Requests)
	}
}

// setIfZero sets a field that has its zero value.
func setIfZero[T comparable](target *T, value T) {
	var zero T
	if *target == zero {
		*target = value
	}
}

// setDefault sets an optional field that is absent.
func setDefault[T any](target **T, value T) {
	if *target == nil {
		*target = &value
	}
}

// roundUpResources keeps quantities at milli precision, the finest that the
// API stores.
func roundUpResources(list corev1.ResourceList) {
	for name, quantity := range list {
		quantity.RoundUp(resource.Milli)
		list[name] = quantity
	}
}

// setRequestsFromLimits makes a container request what it is limited to, unless
// it says otherwise.
func setRequestsFromLimits(containers []corev1.Container) {
	for i := range containers {
		r := &containers[i].Resources
		if r.Limits == nil {
			continue
		}
		if r.Requests == nil {
			r.Requests = corev1.ResourceList{}
		}
		addMissing(&r.Requests, r.Limits, func(corev1.ResourceName) bool { return true })
	}
}

// setHostPorts publishes every port of a pod on the host network under its own
// number.
func setHostPorts(containers []corev1.Container) {
	for i := range containers {
		for j := range containers[i].Ports {
			port := &containers[i].Ports[j]
			setIfZero(&port.HostPort, port.ContainerPort)
		}
	}
}

// syncPodIPs makes podIP and podIPs agree; podIP wins where they differ.
func syncPodIPs(status *corev1.PodStatus) {
	switch {
	case status.PodIP == "" && len(status.PodIPs) > 0:
		status.PodIP = status.PodIPs[0].IP
	case status.PodIP != "" && (len(status.PodIPs) == 0 || status.PodIPs[0].IP != status.PodIP):
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}
}
