package statefulset

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// update deletes pods of another revision, last one first, as many as may be
// unavailable at a time; they come back with the new one. A set that starts
// its pods in parallel need not spare old pods that don't work anyway.
func (r *rollout) update() error {
	if r.set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return nil
	}
	limit, err := maxUnavailable(r.set)
	if err != nil {
		return err
	}
	budget := limit
	for i, pod := range r.replicas {
		if r.unavailable(pod) && !(r.outdated(i) && !r.ordered()) {
			budget--
		}
	}
	for i := len(r.replicas) - 1; i >= partition(r.set) && budget > 0; i-- {
		if !r.outdated(i) {
			continue
		}
		if err := r.delete(r.replicas[i]); err != nil {
			return err
		}
		budget--
	}
	return nil
}

// outdated reports whether the pod at a place waits to be updated.
func (r *rollout) outdated(i int) bool {
	pod := r.replicas[i]
	return pod != nil && pod.DeletionTimestamp == nil && i >= partition(r.set) &&
		revisionOf(pod) != r.revisions.update.Name
}

// maxUnavailable is how many pods of a set may be down for an update, at least
// one. Percentages round down.
func maxUnavailable(set *appsv1.StatefulSet) (int, error) {
	rolling := set.Spec.UpdateStrategy.RollingUpdate
	if rolling == nil {
		return 1, nil
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(rolling.MaxUnavailable, intstr.FromInt32(1)), size(set), false)
	return max(n, 1), err
}
