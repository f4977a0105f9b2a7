package statefulset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// report writes where the set stands; wake is when the next of its pods
// becomes available.
func (r *rollout) report() (wake time.Duration, err error) {
	next := appsv1.StatefulSetStatus{
		ObservedGeneration: r.set.Generation,
		CurrentRevision:    r.current.Name,
		UpdateRevision:     r.revisions.update.Name,
		CollisionCount:     &r.collisions,
		Conditions:         r.set.Status.Conditions,
	}
	for _, pod := range client.Controlled[*corev1.Pod](r.client, r.set.UID) {
		if left := r.count(&next, pod); left > 0 && (wake == 0 || left < wake) {
			wake = left
		}
	}
	r.complete(&next)
	if equality.Semantic.DeepEqual(r.set.Status, next) {
		return wake, nil
	}
	set := r.set.DeepCopy()
	set.Status = next
	_, err = client.UpdateStatus(r.client, set)
	return wake, err
}

// count adds a pod to a status; left is the time until it becomes available.
func (r *rollout) count(s *appsv1.StatefulSetStatus, pod *corev1.Pod) (left time.Duration) {
	s.Replicas++
	if runningAndReady(pod) {
		s.ReadyReplicas++
		var available bool
		available, left = podcontrol.Available(pod, r.set.Spec.MinReadySeconds, r.now)
		if available {
			s.AvailableReplicas++
		}
	}
	if pod.DeletionTimestamp != nil {
		return left
	}
	if revisionOf(pod) == r.current.Name {
		s.CurrentReplicas++
	}
	if revisionOf(pod) == r.revisions.update.Name {
		s.UpdatedReplicas++
	}
	return left
}

// complete ends an update that has reached every pod.
func (r *rollout) complete(s *appsv1.StatefulSetStatus) {
	n := int32(size(r.set))
	if r.set.Spec.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType &&
		s.UpdatedReplicas == n && s.ReadyReplicas == n && s.Replicas == n {
		s.CurrentReplicas, s.CurrentRevision = s.UpdatedReplicas, s.UpdateRevision
	}
}
