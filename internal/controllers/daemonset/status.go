package daemonset

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// report writes where the set stands.
func (r *rollout) report() error {
	next := appsv1.DaemonSetStatus{
		ObservedGeneration: r.set.Generation,
		CollisionCount:     r.set.Status.CollisionCount,
		Conditions:         r.set.Status.Conditions,
	}
	for _, p := range r.nodes {
		r.count(&next, p)
	}
	next.NumberUnavailable = next.DesiredNumberScheduled - next.NumberAvailable
	if equality.Semantic.DeepEqual(r.set.Status, next) {
		return nil
	}
	set := r.set.DeepCopy()
	set.Status = next
	_, err := client.UpdateStatus(r.Client, set)
	return err
}

// count adds a node, and the first of its pods, to a status.
func (r *rollout) count(s *appsv1.DaemonSetStatus, p place) {
	pods := r.pods[p.node.Name]
	if !p.run {
		if len(pods) > 0 {
			s.NumberMisscheduled++
		}
		return
	}
	s.DesiredNumberScheduled++
	if len(pods) == 0 {
		return
	}
	s.CurrentNumberScheduled++
	if podcontrol.Ready(pods[0]) {
		s.NumberReady++
		if r.available(pods[0]) {
			s.NumberAvailable++
		}
	}
	if r.updated(pods[0]) {
		s.UpdatedNumberScheduled++
	}
}
