package deployment

import (
	"cmp"
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
)

// scaleInProportion applies a new size of the Deployment to its ReplicaSets
// without moving the rollout on:
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
func (r *rollout) scaleInProportion() error {
	if one := r.activeOrLatest(); one != nil {
		if sizeOf(one) == r.replicas() {
			return nil
		}
		_, err := r.scale(one, r.replicas())
		return err
	}
	if r.current != nil && saturated(r.d, r.current) {
		for _, rs := range r.active(r.old) {
			if _, err := r.scale(rs, 0); err != nil {
				return err
			}
		}
		return nil
	}
	if r.d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		return nil
	}
	return r.spread()
}

func (r *rollout) active(sets []*appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	var active []*appsv1.ReplicaSet
	for _, rs := range sets {
		if sizeOf(rs) > 0 {
			active = append(active, rs)
		}
	}
	return active
}

// activeOrLatest is the only ReplicaSet with replicas, or the latest where none
// has any; nil when there are several.
func (r *rollout) activeOrLatest() *appsv1.ReplicaSet {
	active := r.active(r.all())
	switch {
	case len(active) == 1:
		return active[0]
	case len(active) > 1:
		return nil
	case r.current != nil:
		return r.current
	case len(r.old) > 0:
		return r.old[len(r.old)-1]
	}
	return nil
}

// saturated reports whether a ReplicaSet has all replicas, available.
func saturated(d *appsv1.Deployment, rs *appsv1.ReplicaSet) bool {
	want := *d.Spec.Replicas
	desired, ok := desiredReplicas(rs)
	return ok && sizeOf(rs) == want && desired == want && rs.Status.AvailableReplicas == want
}

// spread gives each ReplicaSet its share of the replicas that are to be added
// or removed, the largest first; what rounding leaves goes to the first.
func (r *rollout) spread() error {
	sets := r.active(r.all())
	var allowed int32
	if r.replicas() > 0 {
		allowed = r.replicas() + r.maxSurge()
	}
	toAdd := allowed - total(sets)
	slices.SortStableFunc(sets, func(a, b *appsv1.ReplicaSet) int {
		if toAdd > 0 {
			return cmp.Or(cmp.Compare(sizeOf(b), sizeOf(a)), byCreation(b, a))
		}
		return cmp.Or(cmp.Compare(sizeOf(b), sizeOf(a)), byCreation(a, b))
	})
	sizes := make([]int32, len(sets))
	var added int32
	for i, rs := range sets {
		share := int32(0)
		if toAdd != 0 {
			share = r.share(rs, toAdd, added)
		}
		sizes[i] = sizeOf(rs) + share
		added += share
	}
	if len(sets) > 0 {
		sizes[0] = max(0, sizes[0]+toAdd-added)
	}
	for i, rs := range sets {
		if _, err := r.scale(rs, sizes[i]); err != nil {
			return err
		}
	}
	return nil
}

// share is a ReplicaSet's part of toAdd replicas, of which some are given.
func (r *rollout) share(rs *appsv1.ReplicaSet, toAdd, added int32) int32 {
	if sizeOf(rs) == 0 || toAdd == added {
		return 0
	}
	wasMax, ok := annotatedNumber(rs, maxReplicasAnnotation)
	if !ok || wasMax == 0 {
		wasMax = r.d.Status.Replicas
	}
	if wasMax == 0 {
		return 0
	}
	size := float64(sizeOf(rs)) * float64(r.replicas()+r.maxSurge()) / float64(wasMax)
	fraction := int32(math.Round(size)) - sizeOf(rs)
	if toAdd > 0 {
		return min(fraction, toAdd-added)
	}
	return max(fraction, toAdd-added)
}
