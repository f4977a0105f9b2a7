// Package volumeprotection keeps volumes, claims and classes of their attributes
// for as long as somebody uses them:
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
package volumeprotection

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/podspec"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// The finalizers, which admission gives to new objects.
const (
	ClaimFinalizer  = "kubernetes.io/pvc-protection"
	VolumeFinalizer = "kubernetes.io/pv-protection"
	ClassFinalizer  = "kubernetes.io/vac-protection"
)

// NewForClaims returns the controller that lets claims go.
func NewForClaims(r *registry.Registry) *controllers.Controller {
	const name = "pvc-protection-controller"
	c := client.ForServiceAccount(r, name)
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(schema.GroupResource{Resource: "persistentvolumeclaims"}),
			{Resource: podcontrol.Pods, Keys: func(ev store.Event) []loop.Key {
				return claimsOf(ev.Item.Object.(*corev1.Pod))
			}},
		},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			claim, ok := client.Get[*corev1.PersistentVolumeClaim](c, key.Namespace, key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			if err := noteUse(c, claim); err != nil {
				return controllers.Result{}, err
			}
			return controllers.Result{}, keep(c, claim, ClaimFinalizer, claim.DeletionTimestamp != nil && used(c, key))
		},
	}
}

// claimsOf are the claims that a pod uses.
func claimsOf(pod *corev1.Pod) []loop.Key {
	var keys []loop.Key
	for i := range pod.Spec.Volumes {
		if claim := podspec.ClaimOf(pod, &pod.Spec.Volumes[i]); claim != "" {
			keys = append(keys, loop.Key{Namespace: pod.Namespace, Name: claim})
		}
	}
	return keys
}

const byClaim = "claim"

func byClaimOf(obj store.Object, values []string) []string {
	for _, key := range claimsOf(obj.(*corev1.Pod)) {
		values = append(values, key.String())
	}
	return values
}

// used reports whether a pod that has a node uses a claim. Others will not
// start with a claim that is being deleted.
func used(c *client.Client, claim loop.Key) bool {
	return slices.ContainsFunc(client.Indexed[*corev1.Pod](c, byClaim, claim.String(), byClaimOf), func(p *corev1.Pod) bool {
		return p.Spec.NodeName != ""
	})
}

// NewForVolumes returns the controller that lets volumes go.
func NewForVolumes(r *registry.Registry) *controllers.Controller {
	const name = "pv-protection-controller"
	c := client.ForServiceAccount(r, name)
	return &controllers.Controller{
		Name:    name,
		Watches: []controllers.Watch{controllers.Each(schema.GroupResource{Resource: "persistentvolumes"})},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			volume, ok := client.Get[*corev1.PersistentVolume](c, "", key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			return controllers.Result{}, keep(c, volume, VolumeFinalizer, volume.Status.Phase == corev1.VolumeBound)
		},
	}
}

// keep sees to it that an object has its finalizer, until it is deleted and
// nobody uses it.
func keep[T store.Object](c *client.Client, obj T, finalizer string, used bool) error {
	switch {
	case obj.GetDeletionTimestamp() == nil:
		return protect(c, obj, finalizer)
	case used:
		return nil
	}
	return release(c, obj, finalizer)
}

func protect[T store.Object](c *client.Client, obj T, finalizer string) error {
	if slices.Contains(obj.GetFinalizers(), finalizer) {
		return nil
	}
	next := obj.DeepCopyObject().(T)
	next.SetFinalizers(append(next.GetFinalizers(), finalizer))
	_, err := client.Update(c, next)
	return err
}

func release[T store.Object](c *client.Client, obj T, finalizer string) error {
	if !slices.Contains(obj.GetFinalizers(), finalizer) {
		return nil
	}
	next := obj.DeepCopyObject().(T)
	next.SetFinalizers(slices.DeleteFunc(next.GetFinalizers(), func(f string) bool { return f == finalizer }))
	_, err := client.Update(c, next)
	return err
}
