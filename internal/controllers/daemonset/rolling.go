package daemonset

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// roll replaces pods of an old template, within maxUnavailable or maxSurge.
func (r *rollout) roll() error {
	surge, unavailable, err := r.bounds()
	if err != nil {
		return err
	}
	if surge > 0 {
		return r.rollSurging(surge)
	}
	return r.rollInPlace(unavailable)
}

// desired is how many nodes the set is for.
func (r *rollout) desired() int {
	desired := 0
	for _, p := range r.nodes {
		if p.run {
			desired++
		}
	}
	return desired
}

// bounds resolves maxSurge and maxUnavailable to numbers of nodes, rounding up.
func (r *rollout) bounds() (surge, unavailable int, err error) {
	desired := r.desired()
	rolling := r.set.Spec.UpdateStrategy.RollingUpdate
	if rolling == nil {
		return 0, 1, nil
	}
	zero := intstr.FromInt32(0)
	surge, err = intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(rolling.MaxSurge, zero), desired, true)
	if err != nil {
		return 0, 0, err
	}
	unavailable, err = intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(rolling.MaxUnavailable, zero), desired, true)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, unavailable, err
}

func (r *rollout) surges() bool {
	surge, _, err := r.bounds()
	return err == nil && surge > 0
}

// pair finds the pods of a node on both sides of an update; ok is false where
// one side has several.
func (r *rollout) pair(pods []*corev1.Pod) (updated, outdated *corev1.Pod, ok bool) {
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil {
			continue
		}
		side := &outdated
		if r.updated(pod) {
			side = &updated
		}
		if *side != nil {
			return nil, nil, false
		}
		*side = pod
	}
	return updated, outdated, true
}

// rollInPlace deletes old pods: all that don't work anyway, and as many others
// as may be unavailable beside them.
func (r *rollout) rollInPlace(maxUnavailable int) error {
	var broken, candidates []*corev1.Pod
	unavailable := 0
	for _, node := range slices.Sorted(maps.Keys(r.pods)) {
		updated, outdated, ok := r.pair(r.pods[node])
		switch {
		case !ok || (updated == nil) == (outdated == nil):
			unavailable++ // the node is in between
		case updated != nil:
			if !r.available(updated) {
				unavailable++
			}
		case !r.available(outdated):
			broken = append(broken, outdated)
			unavailable++
		default:
			candidates = append(candidates, outdated)
		}
	}
	room := min(max(0, maxUnavailable-unavailable), len(candidates))
	return r.apply(append(broken, candidates[:room]...), nil)
}

// rollSurging puts new pods beside old ones, as many as may be there at once,
// and deletes the old one where the new one is available. Where none may be put
// any more, old ones that work stay until others do in their place.
func (r *rollout) rollSurging(maxSurge int) error {
	var doomed, leaving []*corev1.Pod
	var broken, candidates []string
	surged, available := 0, 0
	for _, node := range slices.Sorted(maps.Keys(r.pods)) {
		updated, outdated, ok := r.pair(r.pods[node])
		if !ok {
			surged++
			continue
		}
		works := r.works(outdated, updated)
		if works {
			available++
		}
		switch {
		case outdated == nil:
		case updated == nil && !r.runs(node):
			if works {
				leaving = append(leaving, outdated)
			} else {
				doomed = append(doomed, outdated)
			}
		case updated == nil && !works:
			broken = append(broken, node)
		case updated == nil:
			candidates = append(candidates, node)
		case r.available(updated):
			doomed = append(doomed, outdated)
		default:
			surged++
		}
	}
	room := min(max(0, maxSurge-surged), len(candidates))
	spare := min(max(0, available-r.desired()), len(leaving))
	return r.apply(append(doomed, leaving[:spare]...), append(broken, candidates[:room]...))
}

// works reports whether the first of some pods that is there is available.
func (r *rollout) works(pods ...*corev1.Pod) bool {
	for _, pod := range pods {
		if pod != nil {
			return r.available(pod)
		}
	}
	return false
}

// runs reports whether a pod should run on a node.
func (r *rollout) runs(node string) bool {
	return slices.ContainsFunc(r.nodes, func(p place) bool { return p.run && p.node.Name == node })
}
