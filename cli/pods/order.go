package pods

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Logging puts pods first whose logs are most telling: scheduled ones, running
// ones, ready ones, those ready for longest, those that restarted most, old
// ones.
func Logging(a, b *corev1.Pod) bool {
	if less, decided := byNode(a, b); decided {
		return less
	}
	phases := map[corev1.PodPhase]int{corev1.PodRunning: 0, corev1.PodUnknown: 1, corev1.PodPending: 2}
	if phases[a.Status.Phase] != phases[b.Status.Phase] {
		return phases[a.Status.Phase] < phases[b.Status.Phase]
	}
	if Ready(a) != Ready(b) {
		return Ready(a)
	}
	if Ready(a) && !readySince(a).Equal(readySince(b)) {
		return laterOrZero(readySince(b), readySince(a))
	}
	if less, decided := byRestarts(a, b); decided {
		return less
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return laterOrZero(&b.CreationTimestamp, &a.CreationTimestamp)
	}
	return false
}

// lessActive puts pods first that do the least.
func lessActive(a, b *corev1.Pod) bool {
	if less, decided := byNode(a, b); decided {
		return !less
	}
	phases := map[corev1.PodPhase]int{corev1.PodPending: 0, corev1.PodUnknown: 1, corev1.PodRunning: 2}
	if phases[a.Status.Phase] != phases[b.Status.Phase] {
		return phases[a.Status.Phase] < phases[b.Status.Phase]
	}
	if Ready(a) != Ready(b) {
		return !Ready(a)
	}
	if going := a.DeletionTimestamp != nil; going != (b.DeletionTimestamp != nil) {
		return going
	} else if going && !a.DeletionTimestamp.Equal(b.DeletionTimestamp) {
		return a.DeletionTimestamp.Before(b.DeletionTimestamp)
	}
	if Ready(a) && !readySince(a).Equal(readySince(b)) {
		return laterOrZero(readySince(a), readySince(b))
	}
	if less, decided := byRestarts(a, b); decided {
		return less
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return laterOrZero(&a.CreationTimestamp, &b.CreationTimestamp)
	}
	return false
}

// byNode decides between a pod with and one without a node.
func byNode(a, b *corev1.Pod) (less, decided bool) {
	if (a.Spec.NodeName == "") == (b.Spec.NodeName == "") {
		return false, false
	}
	return a.Spec.NodeName != "", true
}

func byRestarts(a, b *corev1.Pod) (less, decided bool) {
	containersA, sidecarsA := restarts(a)
	containersB, sidecarsB := restarts(b)
	if containersA != containersB {
		return containersA > containersB, true
	}
	return sidecarsA > sidecarsB, sidecarsA != sidecarsB
}

// restarts are the most restarts of a container, and of a sidecar.
func restarts(pod *corev1.Pod) (containers, sidecars int32) {
	for _, status := range pod.Status.ContainerStatuses {
		containers = max(containers, status.RestartCount)
	}
	always := map[string]bool{}
	for _, container := range pod.Spec.InitContainers {
		always[container.Name] = container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
	}
	for _, status := range pod.Status.InitContainerStatuses {
		if always[status.Name] {
			sidecars = max(sidecars, status.RestartCount)
		}
	}
	return containers, sidecars
}

// Ready says whether the pod has the condition.
func Ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func readySince(pod *corev1.Pod) *metav1.Time {
	for i, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return &pod.Status.Conditions[i].LastTransitionTime
		}
	}
	return &metav1.Time{}
}

// laterOrZero says whether a is after b; an unknown time is after all others.
func laterOrZero(a, b *metav1.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero()
	}
	return a.After(b.Time)
}
