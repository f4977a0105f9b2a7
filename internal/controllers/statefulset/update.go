package statefulset

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// update deletes pods of another revision, last one first, as many as may be
// unavailable at a time; they come back with the new one. A set that starts
// its pods in parallel need not spare old pods that don't work: those go first,
// however many they are.
func (r *rollout) update() error {
	if r.set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return nil
	}
	budget, err := maxUnavailable(r.set)
	if err != nil {
		return err
	}
	for _, pod := range r.replicas {
		if r.unavailable(pod) {
			budget--
		}
	}
	var doomed []int
	if !r.ordered() {
		doomed = r.broken()
	}
	for i := len(r.replicas) - 1; i >= 0 && budget > 0; i-- {
		if r.outdated(i) && (r.ordered() || !r.unavailable(r.replicas[i])) {
			doomed = append(doomed, i)
			budget--
		}
	}
	for _, i := range doomed {
		if err := r.delete(r.replicas[i]); err != nil {
			return err
		}
	}
	return nil
}

// broken are the places of old pods that don't work, last one first. Without
// more on the strategy, as many pods as are left of the old revision come back
// with it: where nothing else would come of it, a pod is let be.
func (r *rollout) broken() []int {
	var places []int
	for i := len(r.replicas) - 1; i >= 0; i-- {
		if r.outdated(i) && r.unavailable(r.replicas[i]) {
			places = append(places, i)
		}
	}
	if r.set.Spec.UpdateStrategy.RollingUpdate != nil {
		return places
	}
	old := 0
	for _, pod := range r.replicas {
		if pod != nil && pod.DeletionTimestamp == nil && revisionOf(pod) == r.current.Name {
			old++
		}
	}
	for len(places) > 0 && places[len(places)-1] < old-len(places) {
		places = places[:len(places)-1]
	}
	return places
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
