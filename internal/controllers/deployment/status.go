package deployment

import (
	"fmt"
	"math"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
)

const timedOutReason = "ProgressDeadlineExceeded"

func condition(d *appsv1.Deployment, kind appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].Type == kind {
			return &d.Status.Conditions[i]
		}
	}
	return nil
}

// setCondition sets a condition, keeping its transition time while the status
// stays; a condition that says the same already is left alone.
func (r *rollout) setCondition(kind appsv1.DeploymentConditionType, status corev1.ConditionStatus, reason, message string) {
	now := metav1.NewTime(r.now.Truncate(time.Second))
	next := appsv1.DeploymentCondition{
		Type: kind, Status: status, LastUpdateTime: now, LastTransitionTime: now, Reason: reason, Message: message,
	}
	old := condition(r.d, kind)
	if old != nil && old.Status == status && old.Reason == reason {
		return
	}
	if old != nil && old.Status == status {
		next.LastTransitionTime = old.LastTransitionTime
	}
	r.removeCondition(kind)
	r.d.Status.Conditions = append(r.d.Status.Conditions, next)
}

func (r *rollout) removeCondition(kind appsv1.DeploymentConditionType) {
	r.d.Status.Conditions = slices.DeleteFunc(r.d.Status.Conditions, func(c appsv1.DeploymentCondition) bool {
		return c.Type == kind
	})
}

// deadline is for how long a rollout may come no nearer to its end, 0 for ever.
func (r *rollout) deadline() time.Duration {
	seconds := r.d.Spec.ProgressDeadlineSeconds
	if seconds == nil || *seconds == math.MaxInt32 {
		return 0
	}
	return time.Duration(*seconds) * time.Second
}

// setProgress sets the Progressing condition, which only rollouts with a
// deadline have.
func (r *rollout) setProgress(status corev1.ConditionStatus, reason, message string) {
	if r.deadline() > 0 {
		r.setCondition(appsv1.DeploymentProgressing, status, reason, message)
	}
}

// markPaused notes that a rollout is paused or goes on, so that its deadline
// does not count the pause.
func (r *rollout) markPaused() error {
	if r.deadline() == 0 {
		return nil
	}
	progressing := condition(r.d, appsv1.DeploymentProgressing)
	if progressing != nil && progressing.Reason == timedOutReason {
		return nil
	}
	paused := progressing != nil && progressing.Reason == "DeploymentPaused"
	switch {
	case r.d.Spec.Paused && !paused:
		r.setProgress(corev1.ConditionUnknown, "DeploymentPaused", "Deployment is paused")
	case !r.d.Spec.Paused && paused:
		r.setProgress(corev1.ConditionUnknown, "DeploymentResumed", "Deployment is resumed")
	default:
		return nil
	}
	updated, err := client.UpdateStatus(r.client, r.d.DeepCopy())
	if err != nil {
		return err
	}
	r.d = updated.DeepCopy()
	return nil
}

// syncRollout reports where the rollout stands, and how it progresses.
func (r *rollout) syncRollout() error { return r.report(r.progress) }

// syncStatus reports where a Deployment stands that is paused, has been scaled
// or is being deleted: none of that is progress.
func (r *rollout) syncStatus() error {
	return r.report(func(_, _ *appsv1.DeploymentStatus) {})
}

// report writes the status, with the conditions that judge sets.
func (r *rollout) report(judge func(old, next *appsv1.DeploymentStatus)) error {
	old := r.d.Status.DeepCopy()
	next := r.statusNow()
	judge(old, &next)
	next.Conditions = r.d.Status.Conditions
	if equality.Semantic.DeepEqual(*old, next) {
		return nil
	}
	r.d.Status = next
	updated, err := client.UpdateStatus(r.client, r.d.DeepCopy())
	if err != nil {
		return err
	}
	r.d = updated.DeepCopy()
	return nil
}

func (r *rollout) statusNow() appsv1.DeploymentStatus {
	s := appsv1.DeploymentStatus{
		ObservedGeneration: r.d.Generation,
		CollisionCount:     r.d.Status.CollisionCount,
	}
	var asked, terminating int32
	for _, rs := range r.all() {
		asked += sizeOf(rs)
		s.Replicas += rs.Status.Replicas
		s.ReadyReplicas += rs.Status.ReadyReplicas
		s.AvailableReplicas += rs.Status.AvailableReplicas
		terminating += ptr.Deref(rs.Status.TerminatingReplicas, 0)
	}
	if r.current != nil {
		s.UpdatedReplicas = r.current.Status.Replicas
	}
	s.TerminatingReplicas = &terminating
	s.UnavailableReplicas = max(0, asked-s.AvailableReplicas)
	if s.AvailableReplicas >= r.replicas()-r.maxUnavailable() {
		r.setCondition(appsv1.DeploymentAvailable, corev1.ConditionTrue,
			"MinimumReplicasAvailable", "Deployment has minimum availability.")
	} else {
		r.setCondition(appsv1.DeploymentAvailable, corev1.ConditionFalse,
			"MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	}
	return s
}

// progress sets the Progressing and ReplicaFailure conditions.
func (r *rollout) progress(old, next *appsv1.DeploymentStatus) {
	progressing := condition(r.d, appsv1.DeploymentProgressing)
	done := next.Replicas == next.UpdatedReplicas && progressing != nil && progressing.Reason == "NewReplicaSetAvailable"
	switch {
	case r.deadline() == 0:
		r.removeCondition(appsv1.DeploymentProgressing)
	case !done:
		r.judge(old, next, progressing)
	}
	r.passOnFailure()
}

func (r *rollout) judge(old, next *appsv1.DeploymentStatus, progressing *appsv1.DeploymentCondition) {
	const kind = appsv1.DeploymentProgressing
	switch {
	case complete(r.d, next):
		r.setProgress(corev1.ConditionTrue, "NewReplicaSetAvailable", r.about("has successfully progressed."))
	case moved(old, next):
		since := metav1.NewTime(r.now.Truncate(time.Second))
		if progressing != nil && progressing.Status == corev1.ConditionTrue {
			since = progressing.LastTransitionTime
		}
		r.removeCondition(kind)
		r.d.Status.Conditions = append(r.d.Status.Conditions, appsv1.DeploymentCondition{
			Type: kind, Status: corev1.ConditionTrue, Reason: "ReplicaSetUpdated", Message: r.about("is progressing."),
			LastUpdateTime: metav1.NewTime(r.now.Truncate(time.Second)), LastTransitionTime: since,
		})
	case r.timedOut(progressing):
		r.setProgress(corev1.ConditionFalse, timedOutReason, r.about("has timed out progressing."))
	}
}

// about is a sentence on what is rolled out.
func (r *rollout) about(what string) string {
	if r.current == nil {
		return fmt.Sprintf("Deployment %q %s", r.d.Name, what)
	}
	return fmt.Sprintf("ReplicaSet %q %s", r.current.Name, what)
}

// complete reports whether all replicas are of the current template and
// available.
func complete(d *appsv1.Deployment, s *appsv1.DeploymentStatus) bool {
	n := ptr.Deref(d.Spec.Replicas, 1)
	return s.UpdatedReplicas == n && s.Replicas == n && s.AvailableReplicas == n && s.ObservedGeneration >= d.Generation
}

// moved reports whether the rollout came nearer to its end.
func moved(old, next *appsv1.DeploymentStatus) bool {
	return next.UpdatedReplicas > old.UpdatedReplicas ||
		next.Replicas-next.UpdatedReplicas < old.Replicas-old.UpdatedReplicas ||
		next.ReadyReplicas > old.ReadyReplicas || next.AvailableReplicas > old.AvailableReplicas
}

func (r *rollout) timedOut(progressing *appsv1.DeploymentCondition) bool {
	if progressing == nil || progressing.Reason == "NewReplicaSetAvailable" {
		return false
	}
	if progressing.Reason == timedOutReason {
		return true
	}
	return progressing.LastUpdateTime.Add(r.deadline()).Before(r.now)
}

// passOnFailure shows that a ReplicaSet can't make its pods.
func (r *rollout) passOnFailure() {
	for _, rs := range r.newestFirst() {
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				r.setCondition(appsv1.DeploymentReplicaFailure, c.Status, c.Reason, c.Message)
				return
			}
		}
	}
	r.removeCondition(appsv1.DeploymentReplicaFailure)
}

func (r *rollout) newestFirst() []*appsv1.ReplicaSet {
	sets := r.all()
	slices.Reverse(sets)
	return sets
}

// untilDeadline is the time until an unfinished rollout may time out, 0 for
// never.
func (r *rollout) untilDeadline() time.Duration {
	progressing := condition(r.d, appsv1.DeploymentProgressing)
	if r.deadline() == 0 || progressing == nil || r.d.Spec.Paused ||
		progressing.Reason == "NewReplicaSetAvailable" || progressing.Reason == timedOutReason {
		return 0
	}
	return progressing.LastUpdateTime.Add(r.deadline()).Sub(r.now) + time.Second
}
