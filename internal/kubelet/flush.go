package kubelet

import (
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
)

// queueFlush has a pod's status written once all work of this instant is done,
// so that what happens at one instant makes one write.
func (k *Kubelet) queueFlush(p *pod) {
	if p.queued {
		return
	}
	p.queued = true
	k.dirty = append(k.dirty, p.uid())
	k.loop().ArmEarlier(k.fleet.id, k.timer(flushTimer), k.now())
}

// flush writes the statuses that have changed. What can't be written is tried
// again later.
func (k *Kubelet) flush() {
	batch := k.dirty
	k.dirty = nil
	for _, uid := range batch {
		p := k.edit(uid)
		if p == nil {
			continue
		}
		p.queued = false
		if p.gone {
			continue
		}
		if err := k.writeStatus(p); err != nil {
			p.queued = true
			k.dirty = append(k.dirty, uid)
		}
	}
	if len(k.dirty) > 0 {
		k.loop().ArmEarlier(k.fleet.id, k.timer(flushTimer), k.now().Add(retryPeriod))
	}
}

// writeStatus brings a pod's status in the API up to date, and deletes the pod
// there once nothing is left of it here.
func (k *Kubelet) writeStatus(p *pod) error {
	k.writing = true
	defer func() { k.writing = false }()
	status := k.status(p)
	if !equality.Semantic.DeepEqual(status, p.api.Status) {
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
