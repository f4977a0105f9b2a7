// Package resourcequota keeps the totals of ResourceQuotas. Admission adds to
// them what is created; this controller counts anew when something goes.
package resourcequota

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/quota"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

var quotas = schema.GroupResource{Resource: "resourcequotas"}

type controller struct {
	client *client.Client
}

// Run adds the controller to the loop. It follows all resources, since any can
// be counted.
func Run(r *registry.Registry) {
	const name = "resourcequota-controller"
	c := &controller{client: client.ForServiceAccount(r, name)}
	id := controllers.Run(r, &controllers.Controller{
		Name:      name,
		Watches:   []controllers.Watch{{Resource: quotas, Keys: changed}},
		Reconcile: c.reconcile,
	})
	r.Store.FollowAll(func(ev store.Event) {
		if !frees(ev) {
			return
		}
		for _, q := range client.List[*corev1.ResourceQuota](c.client, ev.Item.Object.GetNamespace(), nil) {
			r.Loop.Enqueue(id, controllers.KeyOf(q))
		}
	})
}

// changed names a quota that is new or whose limits are.
func changed(ev store.Event) []loop.Key {
	q := ev.Item.Object.(*corev1.ResourceQuota)
	if ev.Type == store.Deleted || equality.Semantic.DeepEqual(q.Spec.Hard, q.Status.Hard) && ev.Type == store.Modified {
		return nil
	}
	return []loop.Key{controllers.KeyOf(q)}
}

// frees reports whether an event may have given something back.
func frees(ev store.Event) bool {
	if ev.Item.Object.GetNamespace() == "" || ev.Resource() == quotas && ev.Type != store.Deleted {
		return false
	}
	if ev.Type == store.Deleted {
		return true
	}
	if ev.Type != store.Modified {
		return false
	}
	switch obj := ev.Item.Object.(type) {
	case *corev1.Pod:
		return quota.CountsPod(obj) != quota.CountsPod(ev.Old.Object.(*corev1.Pod))
	case *corev1.Service:
		return !equality.Semantic.DeepEqual(obj.Spec, ev.Old.Object.(*corev1.Service).Spec)
	case *corev1.PersistentVolumeClaim:
		return !equality.Semantic.DeepEqual(obj.Spec, ev.Old.Object.(*corev1.PersistentVolumeClaim).Spec)
	}
	return false
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	q, ok := client.Get[*corev1.ResourceQuota](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	next := q.DeepCopy()
	next.Status = corev1.ResourceQuotaStatus{Hard: q.Spec.Hard.DeepCopy(), Used: c.used(q)}
	if equality.Semantic.DeepEqual(q.Status, next.Status) {
		return controllers.Result{}, nil
	}
	_, err := client.UpdateStatus(c.client, next)
	return controllers.Result{}, err
}

// used is what the objects of a quota's namespace use of what it limits.
func (c *controller) used(q *corev1.ResourceQuota) corev1.ResourceList {
	used := corev1.ResourceList{}
	for name := range maps.Keys(q.Spec.Hard) {
		used[name] = *resource.NewQuantity(0, resource.DecimalSI)
	}
	for _, k := range c.client.Registry.Kinds().All() {
		names := quota.Limits(k, q.Spec.Hard)
		if !k.Namespaced || len(names) == 0 {
			continue
		}
		c.client.Registry.List(k, registry.Predicate{Namespace: q.Namespace}, func(item *store.Item) bool {
			if quota.Matches(q, item.Object) {
				quota.Add(used, quota.Mask(quota.Usage(k, item.Object), names))
			}
			return true
		})
	}
	return quota.Mask(used, slices.Collect(maps.Keys(q.Spec.Hard)))
}
