// Package persistentvolume binds claims to volumes, makes volumes for claims
// of classes with the simulated provisioner, and reclaims them:
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/
package persistentvolume

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

var (
	claims  = schema.GroupResource{Resource: "persistentvolumeclaims"}
	volumes = schema.GroupResource{Resource: "persistentvolumes"}
	classes = schema.GroupResource{Group: storagev1.GroupName, Resource: "storageclasses"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
	// provisioner speaks for the simulated provisioner.
	provisioner *events.Recorder
}

// New returns the controller. Keys with a namespace are claims, others are
// volumes.
func New(r *registry.Registry) *controllers.Controller {
	account := client.ForServiceAccount(r, "persistent-volume-binder")
	c := &controller{
		client:      account,
		recorder:    events.NewRecorder(account, "persistentvolume-controller", ""),
		provisioner: events.NewRecorder(account, Provisioner, ""),
	}
	return &controllers.Controller{
		Name: "persistentvolume-binder-controller",
		Watches: []controllers.Watch{
			{Resource: claims, Keys: aboutClaim},
			{Resource: volumes, Keys: c.aboutVolume},
			{Resource: classes, Keys: func(store.Event) []loop.Key { return c.pending("") }},
			{Resource: podcontrol.Pods, Keys: c.firstConsumer},
		},
		Reconcile: c.reconcile,
		Retry:     [2]time.Duration{15 * time.Second, 15 * time.Second},
	}
}

// aboutClaim wakes a claim and its volume.
func aboutClaim(ev store.Event) []loop.Key {
	claim := ev.Item.Object.(*corev1.PersistentVolumeClaim)
	keys := []loop.Key{controllers.KeyOf(claim)}
	if claim.Spec.VolumeName != "" {
		keys = append(keys, loop.Key{Name: claim.Spec.VolumeName})
	}
	return keys
}

// aboutVolume wakes a volume and its claim, and whoever asks for it by name or may
// want it.
func (c *controller) aboutVolume(ev store.Event) []loop.Key {
	v := ev.Item.Object.(*corev1.PersistentVolume)
	keys := []loop.Key{controllers.KeyOf(v)}
	if ref := v.Spec.ClaimRef; ref != nil {
		keys = append(keys, loop.Key{Namespace: ref.Namespace, Name: ref.Name})
		return append(keys, c.pending(v.Name)...)
	}
	if ev.Type == store.Deleted {
		return keys
	}
	return append(keys, c.pending("")...)
}

// pending are the claims that wait for a volume of a name, or for any if it is
// empty.
func (c *controller) pending(volumeName string) []loop.Key {
	var keys []loop.Key
	for _, claim := range client.List[*corev1.PersistentVolumeClaim](c.client, "", nil) {
		if claim.Status.Phase != corev1.ClaimBound && (volumeName == "" || claim.Spec.VolumeName == volumeName) {
			keys = append(keys, controllers.KeyOf(claim))
		}
	}
	return keys
}

// firstConsumer wakes the pending claims of a new pod, whose events tell about
// it.
func (c *controller) firstConsumer(ev store.Event) []loop.Key {
	if ev.Type != store.Added {
		return nil
	}
	var keys []loop.Key
	for _, v := range ev.Item.Object.(*corev1.Pod).Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		claim, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, ev.Item.Object.GetNamespace(), v.PersistentVolumeClaim.ClaimName)
		if ok && claim.Spec.VolumeName == "" {
			keys = append(keys, controllers.KeyOf(claim))
		}
	}
	return keys
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	if key.Namespace == "" {
		v, ok := client.Get[*corev1.PersistentVolume](c.client, "", key.Name)
		if !ok {
			return controllers.Result{}, nil
		}
		return controllers.Result{}, c.syncVolume(v)
	}
	claim, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	if _, bound := claim.Annotations[volume.AnnBindCompleted]; bound {
		return controllers.Result{}, c.syncBound(claim)
	}
	return controllers.Result{}, c.syncUnbound(claim)
}
