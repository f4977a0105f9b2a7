package deployment

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// recreate ends all old pods before it starts new ones.
func (r *rollout) recreate() error {
	scaled := false
	for _, rs := range r.old {
		if sizeOf(rs) == 0 {
			continue
		}
		if _, err := r.scale(rs, 0); err != nil {
			return err
		}
		scaled = true
	}
	if scaled || r.oldPodsRun() {
		return r.syncRollout()
	}
	if err := r.ensureCurrent(true); err != nil || r.current == nil {
		return err
	}
	if _, err := r.scale(r.current, r.replicas()); err != nil {
		return err
	}
	if complete(r.d, &r.d.Status) {
		if err := r.cleanup(); err != nil {
			return err
		}
	}
	return r.syncRollout()
}

func (r *rollout) oldPodsRun() bool {
	for _, rs := range r.old {
		for _, pod := range client.Controlled[*corev1.Pod](r.client, rs.UID) {
			if !podcontrol.Finished(pod) {
				return true
			}
		}
	}
	return false
}

// recreated wakes the Deployment of a pod that has gone, since Recreate waits
// for that.
func (c *controller) recreated(ev store.Event) []loop.Key {
	pod := ev.Item.Object
	if ev.Type != store.Deleted && !podcontrol.Finished(pod.(*corev1.Pod)) {
		return nil
	}
	ref := metav1.GetControllerOfNoCopy(pod)
	if ref == nil || ref.Kind != "ReplicaSet" {
		return nil
	}
	rs, ok := client.Get[*appsv1.ReplicaSet](c.client, pod.GetNamespace(), ref.Name)
	if !ok {
		return nil
	}
	ref = metav1.GetControllerOfNoCopy(rs)
	if ref == nil || ref.Kind != gvk.Kind {
		return nil
	}
	d, ok := client.Get[*appsv1.Deployment](c.client, pod.GetNamespace(), ref.Name)
	if !ok || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		return nil
	}
	return []loop.Key{controllers.KeyOf(d)}
}
