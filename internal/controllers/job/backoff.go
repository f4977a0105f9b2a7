package job

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The delay after a pod's failure doubles from firstBackoff to maxBackoff.
const (
	firstBackoff = 10 * time.Second
	maxBackoff   = 10 * time.Minute
)

// backoff is the delay after a number of failures.
func backoff(failures int) time.Duration {
	switch {
	case failures <= 0:
		return 0
	case failures > 16:
		return maxBackoff
	}
	return min(firstBackoff<<(failures-1), maxBackoff)
}

// untilRetry is the time until pods may be made again after failures since the
// last success.
func (s *session) untilRetry() time.Duration {
	var lastSuccess, lastFailure time.Time
	for _, pod := range s.pods {
		if at := endOf(pod); pod.Status.Phase == corev1.PodSucceeded && at.After(lastSuccess) {
			lastSuccess = at
		}
	}
	n := 0
	for _, pod := range s.pods {
		at := endOf(pod)
		if !s.podFailed(pod) || !at.After(lastSuccess) {
			continue
		}
		n++
		if at.After(lastFailure) {
			lastFailure = at
		}
	}
	return lastFailure.Add(backoff(n)).Sub(s.now)
}

// untilIndexRetry is the same for the index of a failed pod.
func (s *session) untilIndexRetry(failed *corev1.Pod) time.Duration {
	if failed == nil {
		return 0
	}
	return endOf(failed).Add(backoff(failures(failed) + ignored(failed) + 1)).Sub(s.now)
}

// endOf is when a pod ended: when its last container did, or what comes
// nearest to that.
func endOf(pod *corev1.Pod) time.Time {
	if last, all := lastEnd(pod); all {
		return last
	}
	for i := range pod.Status.Conditions {
		c := &pod.Status.Conditions[i]
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionFalse && !c.LastTransitionTime.IsZero() {
			return c.LastTransitionTime.Time
		}
	}
	if at := pod.DeletionTimestamp; at != nil {
		grace := int64(0)
		if pod.DeletionGracePeriodSeconds != nil {
			grace = *pod.DeletionGracePeriodSeconds
		}
		return at.Add(-time.Duration(grace) * time.Second)
	}
	return pod.CreationTimestamp.Time
}

// lastEnd is when the last of a pod's containers ended, sidecars included; all
// is false if that is not known of each.
func lastEnd(pod *corev1.Pod) (last time.Time, all bool) {
	statuses := slices.Clone(pod.Status.ContainerStatuses)
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if ptr.Deref(c.RestartPolicy, "") != corev1.ContainerRestartPolicyAlways {
			continue
		}
		for _, s := range pod.Status.InitContainerStatuses {
			if s.Name == c.Name {
				statuses = append(statuses, s)
			}
		}
	}
	for i := range statuses {
		t := statuses[i].State.Terminated
		if t == nil || t.FinishedAt.IsZero() {
			return last, false
		}
		if t.FinishedAt.After(last) {
			last = t.FinishedAt.Time
		}
	}
	return last, len(statuses) > 0
}
