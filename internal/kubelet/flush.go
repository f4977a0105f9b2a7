package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/loop"
)

// unwritten is a pod whose status in the API may be out of date.
type unwritten struct {
	node string
	pod  types.UID
}

// flushKey names the writing of statuses in the loop.
var flushKey = loop.Key{Name: "flush"}

// queueFlush has a pod's status written once all work of this instant is done,
// so that what happens at one instant makes one write.
func (k *Kubelet) queueFlush(p *pod) {
	if p.queued {
		return
	}
	p.queued = true
	k.fleet.dirty = append(k.fleet.dirty, unwritten{k.config.Name, p.uid()})
	k.loop().ArmEarlier(k.fleet.id, flushKey, k.now())
}

// flush writes the statuses that have changed. What can't be written is tried
// again later.
func (f *Fleet) flush() {
	batch := f.dirty
	f.dirty = nil
	for _, u := range batch {
		k := f.byNode[u.node]
		if k != nil && !k.flush(u.pod) {
			f.dirty = append(f.dirty, u)
		}
	}
	if len(f.dirty) > 0 {
		f.registry.Loop.ArmEarlier(f.id, flushKey, f.registry.Loop.Now().Add(retryPeriod))
	}
}

// flush writes a pod's status, and reports whether that is done with.
func (k *Kubelet) flush(uid types.UID) bool {
	p := k.edit(uid)
	if p == nil {
		return true
	}
	p.queued = false
	if !k.running || p.gone || k.writeStatus(p) == nil {
		return true
	}
	p.queued = true
	return false
}

// sameStatus reports whether two statuses say the same. Almost all that differ
// do so in the phase or a condition; these are looked at first, since comparing
// all of a status costs as much as writing it.
func sameStatus(a, b *corev1.PodStatus) bool {
	return a.Phase == b.Phase &&
		slices.EqualFunc(a.Conditions, b.Conditions, func(a, b corev1.PodCondition) bool { return a.Type == b.Type && a.Status == b.Status }) &&
		equality.Semantic(a, b)
}

// writeStatus brings a pod's status in the API up to date, and deletes the pod
// there once nothing is left of it here.
func (k *Kubelet) writeStatus(p *pod) error {
	k.writing = true
	defer func() { k.writing = false }()
	status := k.status(p)
	if !sameStatus(&status, &p.api.Status) {
		obj := *p.api
		obj.Status = status
		if _, err := client.Put(k.client, &obj, "status"); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	p = k.edit(p.uid())
	p.dirty = false
	if p.stage != finished || p.api.DeletionTimestamp == nil || p.gone {
		return nil
	}
	err := k.client.Delete(p.api, metav1.DeleteOptions{
		GracePeriodSeconds: ptr.To[int64](0),
		Preconditions:      &metav1.Preconditions{UID: &p.api.UID},
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if p = k.edit(p.uid()); p.gone {
		k.forget(p)
	}
	return nil
}
