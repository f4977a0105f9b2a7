package job

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// maxUncounted bounds the lists of UIDs in a status.
const maxUncounted = 500

// track accounts for the pods that have ended. First the status lists them;
// then they lose the finalizer; then they become part of the numbers. Whatever
// happens in between, none is counted twice.
func (s *session) track() error {
	l := s.ledger()
	s.note(l)
	ending := s.announce()
	s.settle(l)
	if err := s.save(); err != nil {
		return err
	}
	for _, pod := range l.ended {
		if err := s.release(pod); err != nil {
			return err
		}
		delete(l.waiting, pod.UID)
	}
	s.settle(l)
	ended := ending != nil && !l.full && s.conclude(ending)
	if err := s.save(); err != nil {
		return err
	}
	if ended {
		s.recordEnd(ending)
	}
	return nil
}

// ledger is the bookkeeping of one session.
type ledger struct {
	waiting           map[types.UID]bool // pods that carry the finalizer
	ended             []*corev1.Pod      // those that may lose it
	succeeded, failed []types.UID        // those that the status is to list
	done              indexes            // indexes that are done now
	full              bool               // no more can be listed at once
}

// ledger works out what is to be accounted for.
func (s *session) ledger() *ledger {
	l := &ledger{waiting: map[types.UID]bool{}}
	last := s.lastFailed()
	for _, pod := range s.inOrder() {
		if !tracked(pod) {
			continue
		}
		l.waiting[pod.UID] = true
		if l.full {
			continue
		}
		if !s.mayRelease(pod, last) {
			continue
		}
		l.ended = append(l.ended, pod)
		s.enter(l, pod)
		l.full = len(l.done)+len(s.counted.succeeded)+len(l.succeeded)+len(s.counted.failed)+len(l.failed) >= maxUncounted
	}
	return l
}

// inOrder are the pods by index, where they have one.
func (s *session) inOrder() []*corev1.Pod {
	if !s.indexed() {
		return s.pods
	}
	pods := slices.Clone(s.pods)
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int { return indexOf(a) - indexOf(b) })
	return pods
}

func (s *session) mayRelease(pod *corev1.Pod, last map[int]*corev1.Pod) bool {
	if s.job.DeletionTimestamp != nil || s.verdict != nil || pod.Status.Phase == corev1.PodSucceeded {
		return true
	}
	return s.podFailed(pod) && last[indexOf(pod)] != pod
}

// enter adds the end of a pod. Once the Job has failed, every pod that did not
// succeed counts as failed.
func (s *session) enter(l *ledger, pod *corev1.Pod) {
	lost := s.verdict != nil && s.verdict.Type != batchv1.JobSuccessCriteriaMet
	switch {
	case pod.Status.Phase == corev1.PodSucceeded && !s.counted.failed[pod.UID]:
		if s.indexed() {
			if i := indexOf(pod); s.valid(pod) && !s.doneBefore.has(i) && !slices.Contains(l.done, i) {
				l.done = append(l.done, i)
			}
		} else if !s.counted.succeeded[pod.UID] {
			l.succeeded = append(l.succeeded, pod.UID)
		}
	case s.podFailed(pod) || lost && pod.Status.Phase != corev1.PodSucceeded:
		if !s.counted.failed[pod.UID] && s.valid(pod) && s.matchPolicy(pod).counts() {
			l.failed = append(l.failed, pod.UID)
		}
	}
}

// note lists in the status what has ended.
func (s *session) note(l *ledger) {
	status := &s.job.Status
	if status.UncountedTerminatedPods == nil {
		status.UncountedTerminatedPods = &batchv1.UncountedTerminatedPods{}
	}
	uncounted := status.UncountedTerminatedPods
	uncounted.Succeeded = append(uncounted.Succeeded, l.succeeded...)
	uncounted.Failed = append(uncounted.Failed, l.failed...)
	if !s.indexed() {
		return
	}
	done := s.doneBefore.or(l.done)
	status.Succeeded, status.CompletedIndexes = int32(len(done)), done.String()
	if s.perIndex() {
		spoilt := s.spoilt.String()
		status.FailedIndexes = &spoilt
	}
}

// settle adds listed pods that have lost the finalizer to the numbers.
func (s *session) settle(l *ledger) {
	uncounted := s.job.Status.UncountedTerminatedPods
	free := func(uid types.UID) bool { return !l.waiting[uid] }
	for _, side := range []struct {
		listed *[]types.UID
		total  *int32
	}{
		{&uncounted.Succeeded, &s.job.Status.Succeeded},
		{&uncounted.Failed, &s.job.Status.Failed},
	} {
		before := len(*side.listed)
		*side.listed = slices.DeleteFunc(slices.Clone(*side.listed), free)
		if len(*side.listed) == 0 {
			*side.listed = nil
		}
		*side.total += int32(before - len(*side.listed))
	}
}

// announce tells that the Job is about to end, and returns the condition with
// which it will.
func (s *session) announce() *batchv1.JobCondition {
	if s.verdict == nil {
		return nil
	}
	if conditionOf(s.job, s.verdict.Type) == nil {
		s.setCondition(s.verdict)
	}
	last := batchv1.JobFailed
	if s.verdict.Type == batchv1.JobSuccessCriteriaMet {
		last = batchv1.JobComplete
	}
	return s.condition(last, s.verdict.Reason, s.verdict.Message)
}

// conclude ends the Job, unless pods are left to account for or still on their
// way out.
func (s *session) conclude(ending *batchv1.JobCondition) bool {
	u := s.job.Status.UncountedTerminatedPods
	if len(u.Succeeded)+len(u.Failed) > 0 || ptr.Deref(s.job.Status.Terminating, 0) > 0 {
		return false
	}
	s.setCondition(ending)
	if ending.Type == batchv1.JobComplete {
		s.job.Status.CompletionTime = &ending.LastTransitionTime
	}
	return true
}

func (s *session) recordEnd(ending *batchv1.JobCondition) {
	if ending.Type == batchv1.JobFailed {
		s.Recorder.Event(s.job, corev1.EventTypeWarning, ending.Reason, ending.Message)
		return
	}
	if n := s.job.Spec.Completions; n != nil && s.job.Status.Succeeded > *n {
		s.Recorder.Event(s.job, corev1.EventTypeWarning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached")
	}
	s.Recorder.Event(s.job, corev1.EventTypeNormal, "Completed", "Job completed")
}

// save writes the status if it has changed.
func (s *session) save() error {
	if equality.Semantic.DeepEqual(s.stored, &s.job.Status) {
		return nil
	}
	saved, err := client.UpdateStatus(s.Client, s.job.DeepCopy())
	if err != nil {
		return err
	}
	s.job, s.stored = saved.DeepCopy(), &saved.Status
	return nil
}

// release takes the finalizer off a pod.
func (c *controller) release(pod *corev1.Pod) error {
	now, ok := client.Get[*corev1.Pod](c.Client, pod.Namespace, pod.Name)
	if !ok || now.UID != pod.UID || !tracked(now) {
		return nil
	}
	next := now.DeepCopy()
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == batchv1.JobTrackingFinalizer })
	if _, err := client.Update(c.Client, next); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return nil
}

// trackAdopted puts the finalizer on pods that run without: adopted ones.
func (c *controller) trackAdopted(pods []*corev1.Pod) ([]*corev1.Pod, error) {
	for i, pod := range pods {
		if tracked(pod) || !podcontrol.Active(pod) {
			continue
		}
		next := pod.DeepCopy()
		next.Finalizers = append(next.Finalizers, batchv1.JobTrackingFinalizer)
		updated, err := client.Update(c.Client, next)
		if err != nil {
			return nil, err
		}
		pods[i] = updated
	}
	return pods, nil
}
