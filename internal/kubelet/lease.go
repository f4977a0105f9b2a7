package kubelet

import (
	"hash/fnv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/store"
)

// Node leases as Kubernetes has them: valid for 40 s, renewed four times in
// that.
const (
	leaseSeconds = 40
	leasePeriod  = 10 * time.Second
)

// leaseState is what the kubelet remembers of its node's heartbeat.
type leaseState struct {
	// revision of the Lease after the last renewal; 0 before the first.
	revision int64
	lost     bool // heartbeats are suppressed, for a test
}

// LoseHeartbeats stops (or takes up again) the node's heartbeats while the
// kubelet goes on with all else.
func (k *Kubelet) LoseHeartbeats(lose bool) {
	k.lease.lost = lose
	if !lose && k.running {
		k.renewLease()
	}
}

// renewLease tells the cluster that the node is alive, and sets the timer for
// the next time. Every node has its own phase within the period, so that they
// do not all come at once.
func (k *Kubelet) renewLease() {
	now := k.now()
	key := k.timer(leaseTimer)
	if k.lease.lost {
		k.loop().Disarm(k.fleet.heartbeats, key)
		return
	}
	next := now.Truncate(leasePeriod).Add(k.leasePhase())
	if !next.After(now) {
		next = next.Add(leasePeriod)
	}
	k.loop().Arm(k.fleet.heartbeats, key, next)
	item := k.store().Get(leaseResource, corev1.NamespaceNodeLease, k.config.Name)
	if item == nil {
		k.createLease()
		return
	}
	k.touchLease(item, now)
}

// leasePhase is the node's place within the period.
func (k *Kubelet) leasePhase() time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(k.config.Name))
	return time.Duration(h.Sum32()) % leasePeriod
}

// touchLease writes a new renewTime. There are nearly nine million of these in
// a virtual day of a thousand nodes, so it goes straight to the store: nothing
// changes that could be invalid.
func (k *Kubelet) touchLease(item *store.Item, now time.Time) {
	lease := *item.Object.(*coordinationv1.Lease)
	lease.Spec.RenewTime = &metav1.MicroTime{Time: now}
	if holder := lease.Spec.HolderIdentity; holder == nil || *holder != k.config.Name {
		lease.Spec.HolderIdentity = &k.config.Name
	}
	record, _ := item.Attached.(*ownership.Record)
	record = record.Updated(client.KindOf[*coordinationv1.Lease](k.client), item.Object, &lease, ownership.Write{
		Manager: k.client.Manager, Operation: string(metav1.ManagedFieldsOperationUpdate),
		APIVersion: "coordination.k8s.io/v1", Time: now,
	})
	_, _ = k.store().Update(leaseResource, &lease, item.Revision, record) // of the current revision: can't fail
}

// createLease makes the node's Lease. It fails as long as the namespace is
// missing, and is tried again with the next heartbeat.
func (k *Kubelet) createLease() {
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: k.config.Name},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity:       &k.config.Name,
			LeaseDurationSeconds: ptr.To[int32](leaseSeconds),
			RenewTime:            &metav1.MicroTime{Time: k.now()},
		},
	}
	if node := k.node.api; node != nil {
		lease.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}
	}
	_, _ = client.Create(k.client, lease)
}
