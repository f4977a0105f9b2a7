// Package garbagecollector deletes what has no owner left, and lets owners go
// when their dependents have, as
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/ states.
package garbagecollector

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

const dependents = "owners"

// owners indexes objects by the UIDs of their owners.
func owners(obj store.Object, uids []string) []string {
	for _, ref := range obj.GetOwnerReferences() {
		uids = append(uids, string(ref.UID))
	}
	return uids
}

type controller struct {
	client   *client.Client
	recorder *events.Recorder
	registry *registry.Registry
	loop     *loop.Loop
	id       loop.ID
}

// Run adds the garbage collector to the loop. It follows all resources, custom
// ones included, so it is not one of the Controllers with a list of watches.
func Run(r *registry.Registry) {
	const name = "generic-garbage-collector"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, "garbage-collector-controller", ""), registry: r, loop: r.Loop}
	inner := &controllers.Controller{Name: name, Reconcile: c.reconcile}
	c.id = controllers.Run(r, inner)
	r.Store.FollowAll(c.observe)
}

// A key is a resource with group ("pods", "deployments.apps") as namespace,
// and the object's store name.
func keyOf(gr schema.GroupResource, obj store.Object) loop.Key {
	return loop.Key{Namespace: gr.String(), Name: store.Name(obj.GetNamespace(), obj.GetName())}
}

// observe wakes the collector for objects that have or had owners, that wait
// for dependents, and for the dependents of what has gone.
func (c *controller) observe(ev store.Event) {
	obj := ev.Item.Object
	changed := ev.Type == store.Modified && ownersChanged(ev)
	switch {
	case ev.Type == store.Deleted:
		c.each(obj.GetUID(), func(k *resources.Kind, dependent store.Object) {
			c.loop.Enqueue(c.id, keyOf(k.GroupResource(), dependent))
		})
		c.wakeOwners(obj)
	case (ev.Type == store.Added || changed) && len(obj.GetOwnerReferences()) > 0,
		obj.GetDeletionTimestamp() != nil && waits(obj):
		c.loop.Enqueue(c.id, keyOf(ev.Resource(), obj))
	}
	if changed {
		c.wakeOwners(ev.Old.Object)
	}
}

func ownersChanged(ev store.Event) bool {
	return !slices.EqualFunc(ev.Item.Object.GetOwnerReferences(), ev.Old.Object.GetOwnerReferences(),
		func(a, b metav1.OwnerReference) bool {
			return a.UID == b.UID && ptr.Deref(a.BlockOwnerDeletion, false) == ptr.Deref(b.BlockOwnerDeletion, false)
		})
}

// wakeOwners wakes owners that wait for a dependent to go.
func (c *controller) wakeOwners(obj store.Object) {
	for _, ref := range obj.GetOwnerReferences() {
		k, owner := c.owner(obj, ref)
		if owner != nil && owner.GetDeletionTimestamp() != nil && waits(owner) {
			c.loop.Enqueue(c.id, keyOf(k.GroupResource(), owner))
		}
	}
}

// waits reports whether the collector has something to do before an object may
// go.
func waits(obj store.Object) bool {
	return slices.Contains(obj.GetFinalizers(), metav1.FinalizerDeleteDependents) ||
		slices.Contains(obj.GetFinalizers(), metav1.FinalizerOrphanDependents)
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	k := c.registry.Kinds().ByResource(schema.ParseGroupResource(key.Namespace))
	if k == nil {
		return controllers.Result{}, nil
	}
	namespace, name := store.SplitName(key.Name)
	item := c.registry.Store.Get(k.GroupResource(), namespace, name)
	if item == nil {
		return controllers.Result{}, nil
	}
	return controllers.Result{}, c.process(item.Object)
}

func (c *controller) process(obj store.Object) error {
	if obj.GetDeletionTimestamp() != nil {
		switch {
		case slices.Contains(obj.GetFinalizers(), metav1.FinalizerOrphanDependents):
			return c.orphanDependents(obj)
		case slices.Contains(obj.GetFinalizers(), metav1.FinalizerDeleteDependents):
			return c.deleteDependents(obj)
		}
		return nil
	}
	return c.collect(obj)
}

// collect deletes an object none of whose owners is there.
func (c *controller) collect(obj store.Object) error {
	refs := obj.GetOwnerReferences()
	if len(refs) == 0 {
		return nil
	}
	solid, dangling, waiting := c.classify(obj)
	switch {
	case len(solid) > 0 && len(dangling)+len(waiting) == 0:
		return nil
	case len(solid) > 0:
		return c.dropOwners(obj, append(dangling, waiting...))
	}
	policy := metav1.DeletePropagationBackground
	switch {
	case len(waiting) > 0 && len(c.dependentsOf(obj.GetUID())) > 0:
		policy = metav1.DeletePropagationForeground
	case slices.Contains(obj.GetFinalizers(), metav1.FinalizerOrphanDependents):
		policy = metav1.DeletePropagationOrphan
	case slices.Contains(obj.GetFinalizers(), metav1.FinalizerDeleteDependents):
		policy = metav1.DeletePropagationForeground
	}
	return c.delete(obj, policy)
}

// classify sorts owners into those that are there, those that are gone, and
// those that wait for their dependents.
func (c *controller) classify(obj store.Object) (solid, dangling, waiting []types.UID) {
	for _, ref := range obj.GetOwnerReferences() {
		k, owner := c.owner(obj, ref)
		if owner == nil || k == nil {
			c.reportElsewhere(obj, ref)
		}
		switch {
		case owner == nil:
			dangling = append(dangling, ref.UID)
		case owner.GetDeletionTimestamp() != nil && slices.Contains(owner.GetFinalizers(), metav1.FinalizerDeleteDependents):
			waiting = append(waiting, ref.UID)
		default:
			solid = append(solid, ref.UID)
		}
	}
	return solid, dangling, waiting
}

// owner finds the object of a reference, nil when it is gone. An owner of an
// unknown kind counts as gone only once its kind can be known, and what is in no
// namespace can't be owned by what is in one: such references are left alone by
// treating the dependent's owner as present.
func (c *controller) owner(obj store.Object, ref metav1.OwnerReference) (*resources.Kind, store.Object) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return nil, obj
	}
	k := c.registry.Kinds().ByKind(gv.WithKind(ref.Kind).GroupKind())
	if k == nil || k.Namespaced && obj.GetNamespace() == "" {
		return nil, obj
	}
	namespace := ""
	if k.Namespaced {
		namespace = obj.GetNamespace()
	}
	item := c.registry.Store.Get(k.GroupResource(), namespace, ref.Name)
	if item == nil || item.Object.GetUID() != ref.UID {
		return k, nil
	}
	return k, item.Object
}

// reportElsewhere tells of an owner that is there, but in another namespace: it
// can own nothing of this one.
func (c *controller) reportElsewhere(obj store.Object, ref metav1.OwnerReference) {
	k := c.registry.Kinds().ByKind(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind())
	if k == nil || !k.Namespaced {
		return
	}
	for _, ns := range client.List[*corev1.Namespace](c.client, "", nil) {
		item := c.registry.Store.Get(k.GroupResource(), ns.Name, ref.Name)
		if item == nil || item.Object.GetUID() != ref.UID || ns.Name == obj.GetNamespace() {
			continue
		}
		about := events.Reference(obj)
		about.ResourceVersion = ""
		c.recorder.EventFor(about, corev1.EventTypeWarning, "OwnerRefInvalidNamespace", fmt.Sprintf(
			"ownerRef [%s/%s, namespace: %s, name: %s, uid: %s] does not exist in namespace %q",
			ref.APIVersion, ref.Kind, obj.GetNamespace(), ref.Name, ref.UID, obj.GetNamespace()))
		return
	}
}

func (c *controller) dependentsOf(uid types.UID) []store.Object {
	var list []store.Object
	c.each(uid, func(_ *resources.Kind, obj store.Object) { list = append(list, obj) })
	return list
}

// each calls f for the dependents of an owner, by resource and name.
func (c *controller) each(uid types.UID, f func(*resources.Kind, store.Object)) {
	for _, k := range c.registry.Kinds().All() {
		gr := k.GroupResource()
		c.registry.Store.AddIndex(gr, dependents, owners)
		c.registry.Store.ScanIndex(gr, dependents, string(uid), func(item *store.Item) bool {
			f(k, item.Object)
			return true
		})
	}
}

// deleteDependents deletes what an owner that is deleted in the foreground
// has, and lets it go when nothing blocks it any more.
func (c *controller) deleteDependents(owner store.Object) error {
	blocked := false
	for _, obj := range c.dependentsOf(owner.GetUID()) {
		i := slices.IndexFunc(obj.GetOwnerReferences(), func(r metav1.OwnerReference) bool { return r.UID == owner.GetUID() })
		if ptr.Deref(obj.GetOwnerReferences()[i].BlockOwnerDeletion, false) {
			blocked = true
		}
		if obj.GetDeletionTimestamp() == nil {
			c.loop.Enqueue(c.id, c.keyFor(obj))
		}
	}
	if blocked {
		return nil
	}
	return c.removeFinalizer(owner, metav1.FinalizerDeleteDependents)
}

func (c *controller) keyFor(obj store.Object) loop.Key {
	return keyOf(c.client.Resource(obj), obj)
}

// orphanDependents takes an owner out of its dependents' references.
func (c *controller) orphanDependents(owner store.Object) error {
	for _, obj := range c.dependentsOf(owner.GetUID()) {
		if err := c.dropOwners(obj, []types.UID{owner.GetUID()}); err != nil {
			return err
		}
	}
	return c.removeFinalizer(owner, metav1.FinalizerOrphanDependents)
}

func (c *controller) dropOwners(obj store.Object, uids []types.UID) error {
	return c.change(obj, func(next store.Object) {
		next.SetOwnerReferences(slices.DeleteFunc(next.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
			return slices.Contains(uids, r.UID)
		}))
	})
}

func (c *controller) removeFinalizer(obj store.Object, finalizer string) error {
	return c.change(obj, func(next store.Object) {
		next.SetFinalizers(slices.DeleteFunc(next.GetFinalizers(), func(f string) bool { return f == finalizer }))
	})
}

func (c *controller) change(obj store.Object, edit func(store.Object)) error {
	next := obj.DeepCopyObject().(store.Object)
	edit(next)
	_, err := client.Update(c.client, next)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (c *controller) delete(obj store.Object, policy metav1.DeletionPropagation) error {
	uid := obj.GetUID()
	err := c.client.Delete(obj, metav1.DeleteOptions{
		PropagationPolicy: &policy,
		Preconditions:     &metav1.Preconditions{UID: &uid},
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
