package podcontrol

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// ToDelete returns the n pods that a controller gives up first, in the order
// that https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset
// states. related are the pods among which doubling up on a node counts.
func ToDelete(pods, related []*corev1.Pod, n int, now time.Time) []*corev1.Pod {
	if n >= len(pods) {
		return pods
	}
	onNode := map[string]int{}
	for _, p := range related {
		if Active(p) {
			onNode[p.Spec.NodeName]++
		}
	}
	sorted := slices.Clone(pods)
	slices.SortStableFunc(sorted, func(a, b *corev1.Pod) int {
		return cmp.Or(
			before(a.Spec.NodeName == "", b.Spec.NodeName == ""),
			cmp.Compare(phaseRank(a), phaseRank(b)),
			before(!Ready(a), !Ready(b)),
			cmp.Compare(deletionCost(a), deletionCost(b)),
			cmp.Compare(onNode[b.Spec.NodeName], onNode[a.Spec.NodeName]),
			youngerFirst(readySince(a), readySince(b), now),
			cmp.Compare(restarts(b), restarts(a)),
			youngerFirst(a.CreationTimestamp.Time, b.CreationTimestamp.Time, now),
		)
	})
	return sorted[:n]
}

// before orders what has a property before what has not.
func before(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

func phaseRank(p *corev1.Pod) int {
	switch p.Status.Phase {
	case corev1.PodPending:
		return 0
	case corev1.PodUnknown:
		return 1
	}
	return 2
}

func deletionCost(p *corev1.Pod) int32 {
	n, err := strconv.ParseInt(p.Annotations[corev1.PodDeletionCost], 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

func readySince(p *corev1.Pod) time.Time {
	if c := condition(p, corev1.PodReady); c != nil && c.Status == corev1.ConditionTrue {
		return c.LastTransitionTime.Time
	}
	return time.Time{}
}

// youngerFirst compares ages on a logarithmic scale, as Kubernetes does, so
// that small differences don't decide.
func youngerFirst(a, b, now time.Time) int {
	if a.IsZero() || b.IsZero() {
		return before(a.IsZero(), b.IsZero())
	}
	return cmp.Compare(logarithm(now.Sub(a)), logarithm(now.Sub(b)))
}

func logarithm(d time.Duration) int {
	n := 0
	for ; d > 0; d /= 2 {
		n++
	}
	return n
}

// restarts is the largest restart count of a pod's containers.
func restarts(p *corev1.Pod) int32 {
	var most int32
	for _, c := range p.Status.ContainerStatuses {
		most = max(most, c.RestartCount)
	}
	return most
}
