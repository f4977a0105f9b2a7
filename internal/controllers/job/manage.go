package job

import (
	"maps"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// manage makes the pods that the Job lacks, or deletes those that are too many.
// It never does both at once.
func (s *session) manage() error {
	if s.suspended() {
		return s.giveUp(s.active)
	}
	active, want := len(s.active), s.wanted()
	if doomed := s.toDelete(max(0, active-want)); len(doomed) > 0 {
		return s.giveUp(doomed[:min(len(doomed), burst)])
	}
	missing := want - active
	if s.replacesOnlyFailed() {
		missing -= len(terminating(s.pods))
	}
	if missing <= 0 {
		return nil
	}
	if !s.perIndex() {
		if left := s.untilRetry(); left > 0 {
			s.after(left)
			return nil
		}
	}
	return s.create(min(missing, burst))
}

// wanted is how many pods should be active.
func (s *session) wanted() int {
	parallelism := int(ptr.Deref(s.job.Spec.Parallelism, 1))
	if s.job.Spec.Completions == nil {
		if s.succeeded > 0 {
			return len(s.active) // no more are started after a success
		}
		return parallelism
	}
	return max(0, min(parallelism, int(*s.job.Spec.Completions-s.succeeded)))
}

// giveUp deletes pods whose end is not to be counted.
func (s *session) giveUp(pods []*corev1.Pod) error {
	for _, pod := range pods {
		if err := s.release(pod); err != nil {
			return err
		}
		if err := s.Delete(s.job, pod); err != nil {
			return err
		}
	}
	return nil
}

// toDelete are at least n of the active pods: first those of an Indexed Job
// that double an index or have none.
func (s *session) toDelete(n int) []*corev1.Pod {
	doomed, rest := s.doubled()
	if len(doomed) < n {
		doomed = append(doomed, podcontrol.ToDelete(rest, nil, n-len(doomed), s.now)...)
	}
	return doomed
}

// doubled splits the active pods into those without a valid index or with one
// that another pod has, and the rest.
func (s *session) doubled() (doubled, rest []*corev1.Pod) {
	if !s.indexed() {
		return nil, s.active
	}
	byIndex := map[int][]*corev1.Pod{}
	for _, pod := range s.active {
		if s.valid(pod) {
			byIndex[indexOf(pod)] = append(byIndex[indexOf(pod)], pod)
		} else {
			doubled = append(doubled, pod)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(byIndex)) {
		group := byIndex[i]
		doomed := podcontrol.ToDelete(group, nil, len(group)-1, s.now)
		doubled = append(doubled, doomed...)
		rest = append(rest, podcontrol.Filter(group, func(p *corev1.Pod) bool { return !slices.Contains(doomed, p) })...)
	}
	return doubled, rest
}

// create makes n pods, or as many as have an index that is free.
func (s *session) create(n int) error {
	if !s.indexed() {
		for range n {
			if stop, err := s.createPod(s.newPod()); stop {
				return err
			}
		}
		return nil
	}
	failed := s.lastFailed()
	ready, left := s.ripe(s.pendingIndexes(n), failed)
	if len(ready) == 0 {
		s.after(left)
		return nil
	}
	for _, i := range ready {
		if stop, err := s.createPod(s.newIndexedPod(i, failed[i])); stop {
			return err
		}
	}
	return nil
}

// createPod reports whether to stop: the next pod would fail for the same
// reason.
func (s *session) createPod(pod *corev1.Pod) (stop bool, err error) {
	_, err = s.Create(s.job, pod)
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true, nil
	}
	return err != nil, err
}

// pendingIndexes are the first n indexes that nobody works on.
func (s *session) pendingIndexes(n int) indexes {
	taken := s.activeIndexes().or(s.done, s.spoilt)
	if s.replacesOnlyFailed() {
		var leaving indexes
		for _, pod := range terminating(s.pods) {
			leaving = append(leaving, indexOf(pod))
		}
		taken = taken.or(leaving)
	}
	var free indexes
	for i := 0; i < s.completions() && len(free) < n; i++ {
		if !taken.has(i) {
			free = append(free, i)
		}
	}
	return free
}

// ripe are the indexes whose back-off is over; left is the time until the next
// one is.
func (s *session) ripe(free indexes, failed map[int]*corev1.Pod) (ready indexes, left time.Duration) {
	for _, i := range free {
		d := s.untilIndexRetry(failed[i])
		if d <= 0 {
			ready = append(ready, i)
		} else if left == 0 || d < left {
			left = d
		}
	}
	if len(ready) > 0 && left > 0 {
		s.after(left)
	}
	return ready, left
}

// newPod is a pod of the Job without an index.
func (s *session) newPod() *corev1.Pod {
	pod := podcontrol.FromTemplate(&s.job.Spec.Template, s.job, gvk)
	if !tracked(pod) {
		pod.Finalizers = append(pod.Finalizers, batchv1.JobTrackingFinalizer)
	}
	return pod
}
