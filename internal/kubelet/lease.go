package kubelet

import (
	"hash/fnv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
)

// Node leases as Kubernetes has them: valid for 40 s, renewed four times in
// that.
const (
	leaseSeconds = 40
	leasePeriod  = 10 * time.Second
)

// leaseState is what the kubelet remembers of its node's heartbeat.
type leaseState struct {
	last *coordinationv1.Lease // as it was written last
	lost bool                  // heartbeats are suppressed, for a test
	// phase is the node's place within the period.
	phase time.Duration
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
	next := now.Truncate(leasePeriod).Add(k.lease.phase)
	if !next.After(now) {
		next = next.Add(leasePeriod)
	}
	k.loop().Arm(k.fleet.heartbeats, key, next)
	if k.lease.last != nil && k.touchLease(k.lease.last, now) {
		return
	}
	if lease, ok := client.Get[*coordinationv1.Lease](k.client, corev1.NamespaceNodeLease, k.config.Name); ok {
		k.touchLease(lease, now)
		return
	}
	k.createLease()
}

// leasePhase is a node's place within the period.
func leasePhase(node string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(node))
	return time.Duration(h.Sum32()) % leasePeriod
}

// touchLease writes a new renewTime. There are nearly nine million of these in
// a virtual day of a thousand nodes. It fails when somebody else has changed
// the Lease.
func (k *Kubelet) touchLease(old *coordinationv1.Lease, now time.Time) bool {
	renewed := &struct { // one allocation
		lease coordinationv1.Lease
		time  metav1.MicroTime
	}{*old, metav1.MicroTime{Time: now}}
	lease := &renewed.lease
	lease.Spec.RenewTime = &renewed.time
	write := client.Renew[*coordinationv1.Lease]
	if holder := lease.Spec.HolderIdentity; holder == nil || *holder != k.config.Name {
		lease.Spec.HolderIdentity = &k.config.Name
		write = client.Put[*coordinationv1.Lease]
	}
	written, err := write(k.client, lease, "")
	k.lease.last = written
	return err == nil
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
