package deployment

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// roll moves replicas from old ReplicaSets to the current one within maxSurge
// and maxUnavailable.
func (r *rollout) roll() error {
	if err := r.ensureCurrent(true); err != nil || r.current == nil {
		return err
	}
	scaled, err := r.growCurrent()
	if err != nil || scaled {
		return orStatus(r, err)
	}
	scaled, err = r.shrinkOld()
	if err != nil || scaled {
		return orStatus(r, err)
	}
	if complete(r.d, &r.d.Status) {
		if err := r.cleanup(); err != nil {
			return err
		}
	}
	return r.syncRollout()
}

func orStatus(r *rollout, err error) error {
	if err != nil {
		return err
	}
	return r.syncRollout()
}

// bounds resolves maxSurge and maxUnavailable to numbers: surge rounds up,
// unavailable down, and both are not 0.
func (r *rollout) bounds() (surge, unavailable int32) {
	rolling := r.d.Spec.Strategy.RollingUpdate
	if r.d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || rolling == nil {
		return 0, 0
	}
	zero := intstr.FromInt32(0)
	s, _ := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(rolling.MaxSurge, zero), int(r.replicas()), true)
	u, _ := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(rolling.MaxUnavailable, zero), int(r.replicas()), false)
	if s == 0 && u == 0 {
		u = 1
	}
	return int32(s), int32(u)
}

func (r *rollout) maxSurge() int32 {
	surge, _ := r.bounds()
	return surge
}

// maxUnavailable is at most the number of replicas.
func (r *rollout) maxUnavailable() int32 {
	if r.d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || r.replicas() == 0 {
		return 0
	}
	_, unavailable := r.bounds()
	return min(unavailable, r.replicas())
}

// sizeOfCurrent is the size that the current ReplicaSet may have now.
func (r *rollout) sizeOfCurrent() int32 {
	if r.d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return r.replicas()
	}
	room := r.replicas() + r.maxSurge() - total(r.all())
	if room <= 0 {
		return sizeOf(r.current)
	}
	return sizeOf(r.current) + min(room, r.replicas()-sizeOf(r.current))
}

func (r *rollout) growCurrent() (scaled bool, err error) {
	size := sizeOf(r.current)
	want := r.replicas()
	if size < want {
		want = r.sizeOfCurrent()
	}
	if size == want {
		return false, nil
	}
	_, err = r.scale(r.current, want)
	return err == nil, err
}

// shrinkOld gives up old replicas: unhealthy ones first, then as many as
// availability allows.
func (r *rollout) shrinkOld() (scaled bool, err error) {
	if total(r.old) == 0 {
		return false, nil
	}
	minAvailable := r.replicas() - r.maxUnavailable()
	unready := sizeOf(r.current) - r.current.Status.AvailableReplicas
	room := total(r.all()) - minAvailable - unready
	if room <= 0 {
		return false, nil
	}
	cleaned, err := r.shrinkUnhealthy(room)
	if err != nil {
		return false, err
	}
	shrunk, err := r.shrinkHealthy(minAvailable)
	return cleaned+shrunk > 0, err
}

func (r *rollout) shrinkUnhealthy(room int32) (int32, error) {
	var done int32
	for _, rs := range slices.Clone(r.old) {
		if done >= room {
			break
		}
		unhealthy := sizeOf(rs) - rs.Status.AvailableReplicas
		if sizeOf(rs) == 0 || unhealthy <= 0 {
			continue
		}
		n := min(room-done, unhealthy)
		if _, err := r.scale(rs, sizeOf(rs)-n); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (r *rollout) shrinkHealthy(minAvailable int32) (int32, error) {
	room := available(r.all()) - minAvailable
	var done int32
	for _, rs := range slices.Clone(r.old) {
		if done >= room {
			break
		}
		n := min(sizeOf(rs), room-done)
		if n == 0 {
			continue
		}
		if _, err := r.scale(rs, sizeOf(rs)-n); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}
