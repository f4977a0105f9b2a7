package job

import (
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// counted are UIDs of pods that the status has counted.
type counted struct {
	succeeded, failed map[types.UID]bool
}

func countedOf(job *batchv1.Job) counted {
	c := counted{map[types.UID]bool{}, map[types.UID]bool{}}
	if u := job.Status.UncountedTerminatedPods; u != nil {
		for _, uid := range u.Succeeded {
			c.succeeded[uid] = true
		}
		for _, uid := range u.Failed {
			c.failed[uid] = true
		}
	}
	return c
}

// indexOf is the completion index of a pod, -1 without one.
func indexOf(pod *corev1.Pod) int {
	n, err := strconv.Atoi(pod.Annotations[batchv1.JobCompletionIndexAnnotation])
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// valid reports whether a pod works on an index that the Job has.
func (s *session) valid(pod *corev1.Pod) bool {
	if !s.indexed() {
		return true
	}
	i := indexOf(pod)
	return i >= 0 && i < s.completions()
}

// replacesOnlyFailed reports whether a pod is replaced only once it has ended.
func (s *session) replacesOnlyFailed() bool {
	return ptr.Deref(s.job.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed) == batchv1.Failed ||
		s.job.Spec.PodFailurePolicy != nil
}

// podFailed reports whether a pod counts as failed: also one that is being
// deleted, unless only ended pods are replaced.
func (s *session) podFailed(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodFailed {
		return true
	}
	return !s.replacesOnlyFailed() && pod.DeletionTimestamp != nil && pod.Status.Phase != corev1.PodSucceeded
}

// count works out how many pods and which indexes have come to an end.
func (s *session) count() {
	var succeeded, failed int
	var newlyDone, newlySpoilt indexes
	for _, pod := range s.pods {
		if !s.valid(pod) {
			continue
		}
		if s.perIndex() && s.spoils(pod) {
			newlySpoilt = append(newlySpoilt, indexOf(pod))
		}
		switch {
		case !tracked(pod):
		case pod.Status.Phase == corev1.PodSucceeded:
			newlyDone = append(newlyDone, indexOf(pod))
			if !s.counted.succeeded[pod.UID] {
				succeeded++
			}
		case s.podFailed(pod) && !s.counted.failed[pod.UID] && s.matchPolicy(pod).counts():
			failed++
		}
	}
	s.succeeded = s.job.Status.Succeeded + int32(succeeded+len(s.counted.succeeded))
	s.failed = s.job.Status.Failed + int32(failed+len(s.counted.failed))
	if s.indexed() {
		s.doneBefore = parseIndexes(s.job.Status.CompletedIndexes, s.completions())
		s.done = s.doneBefore.or(newlyDone)
		s.succeeded = int32(len(s.done))
	}
	if s.perIndex() {
		before := parseIndexes(ptr.Deref(s.job.Status.FailedIndexes, ""), s.completions())
		s.spoilt = before.or(newlySpoilt)
	}
}

// spoils reports whether a pod's failure, which is yet to be accounted for, is
// one too many for its index.
func (s *session) spoils(pod *corev1.Pod) bool {
	if !tracked(pod) || !s.podFailed(pod) {
		return false
	}
	m := s.matchPolicy(pod)
	return m.action == batchv1.PodFailurePolicyActionFailIndex ||
		m.counts() && failures(pod) >= int(*s.job.Spec.BackoffLimitPerIndex)
}

// failures is how many pods of the same index failed before a pod; ignored
// counts those that a policy ignores.
func failures(pod *corev1.Pod) int { return annotated(pod, batchv1.JobIndexFailureCountAnnotation) }

func ignored(pod *corev1.Pod) int { return annotated(pod, ignoredFailuresAnnotation) }

const ignoredFailuresAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count"

func annotated(pod *corev1.Pod, key string) int {
	n, err := strconv.Atoi(pod.Annotations[key])
	if err != nil {
		return 0
	}
	return n
}

// lastFailed are, by index, the pods that wait to be replaced where each index
// has a back-off of its own. They keep their finalizer until then.
func (s *session) lastFailed() map[int]*corev1.Pod {
	if !s.perIndex() {
		return nil
	}
	busy := s.activeIndexes()
	last := map[int]*corev1.Pod{}
	for _, pod := range s.pods {
		i := indexOf(pod)
		if !s.podFailed(pod) || !s.valid(pod) || s.done.has(i) || s.spoilt.has(i) || busy.has(i) {
			continue
		}
		if other := last[i]; other == nil || failures(pod)+ignored(pod) > failures(other)+ignored(other) {
			last[i] = pod
		}
	}
	return last
}

func (s *session) activeIndexes() indexes {
	var busy indexes
	for _, pod := range s.active {
		if s.valid(pod) {
			busy = append(busy, indexOf(pod))
		}
	}
	return busy.tidy()
}

// tracked reports whether a pod's end is yet to be accounted for.
func tracked(pod *corev1.Pod) bool {
	return slices.Contains(pod.Finalizers, batchv1.JobTrackingFinalizer)
}

func terminating(pods []*corev1.Pod) []*corev1.Pod {
	return podcontrol.Filter(pods, podcontrol.Terminating)
}
