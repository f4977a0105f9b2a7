// Package ephemeralvolume makes the claims of pods' generic ephemeral volumes:
// https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
package ephemeralvolume

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/ephemeral"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	account := client.ForServiceAccount(r, "ephemeral-volume-controller")
	c := &controller{client: account, recorder: events.NewRecorder(account, "ephemeral_volume", "")}
	return &controllers.Controller{
		Name:      "ephemeral-volume-controller",
		Watches:   []controllers.Watch{{Resource: podcontrol.Pods, Keys: using}},
		Reconcile: c.reconcile,
	}
}

// using names a new pod that has ephemeral volumes.
func using(ev store.Event) []loop.Key {
	if ev.Type != store.Added {
		return nil
	}
	for _, v := range ev.Item.Object.(*corev1.Pod).Spec.Volumes {
		if v.Ephemeral != nil {
			return []loop.Key{controllers.KeyOf(ev.Item.Object)}
		}
	}
	return nil
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	pod, ok := client.Get[*corev1.Pod](c.client, key.Namespace, key.Name)
	if !ok || pod.DeletionTimestamp != nil {
		return controllers.Result{}, nil
	}
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.Ephemeral == nil {
			continue
		}
		if err := c.ensure(pod, v); err != nil {
			c.recorder.Eventf(pod, corev1.EventTypeWarning, "FailedBinding", "ephemeral volume %s: %v", v.Name, err)
			return controllers.Result{}, err
		}
	}
	return controllers.Result{}, nil
}

func (c *controller) ensure(pod *corev1.Pod, v *corev1.Volume) error {
	name := ephemeral.VolumeClaimName(pod, v)
	if claim, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, pod.Namespace, name); ok {
		return ephemeral.VolumeIsForPod(pod, claim)
	}
	template := v.Ephemeral.VolumeClaimTemplate.DeepCopy()
	_, err := client.Create(c.client, &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: pod.Namespace, Name: name, Labels: template.Labels, Annotations: template.Annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(pod, corev1.SchemeGroupVersion.WithKind("Pod"))},
		},
		Spec: template.Spec,
	})
	if err != nil {
		return fmt.Errorf("create PVC %s: %w", name, err)
	}
	return nil
}
