// Package nodeipam gives every node its range of pod addresses.
package nodeipam

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// bits of a node's range.
const bits = 24

const byRange = "spec.podCIDR"

func rangeOf(obj store.Object, ranges []string) []string {
	return append(ranges, obj.(*corev1.Node).Spec.PodCIDRs...)
}

type controller struct {
	client   *client.Client
	recorder *events.Recorder
	cluster  netip.Prefix
}

// New returns the controller, which cuts the ranges of nodes from a cluster's.
func New(r *registry.Registry, cluster netip.Prefix) *controllers.Controller {
	const name = "node-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, "cidrAllocator", ""), cluster: cluster}
	return &controllers.Controller{
		Name:      "node-ipam-controller",
		Watches:   []controllers.Watch{{Resource: schema.GroupResource{Resource: "nodes"}, Keys: added}},
		Reconcile: c.reconcile,
	}
}

func added(ev store.Event) []loop.Key {
	if ev.Type != store.Added {
		return nil
	}
	return []loop.Key{controllers.KeyOf(ev.Item.Object)}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	node, ok := client.Get[*corev1.Node](c.client, "", key.Name)
	if !ok || node.Spec.PodCIDR != "" {
		return controllers.Result{}, nil
	}
	free, ok := c.free()
	if !ok {
		c.recorder.Eventf(node, corev1.EventTypeNormal, "CIDRNotAvailable", "Node %s status is now: CIDRNotAvailable", node.Name)
		return controllers.Result{}, fmt.Errorf("no range left in %s for node %s", c.cluster, node.Name)
	}
	next := node.DeepCopy()
	next.Spec.PodCIDR, next.Spec.PodCIDRs = free.String(), []string{free.String()}
	_, err := client.Update(c.client, next)
	return controllers.Result{}, err
}

// free is the first range that no node has.
func (c *controller) free() (netip.Prefix, bool) {
	first := c.cluster.Masked().Addr().As4()
	base := uint32(first[0])<<24 | uint32(first[1])<<16 | uint32(first[2])<<8 | uint32(first[3])
	for i := range uint32(1) << max(0, bits-c.cluster.Bits()) {
		n := base + i<<(32-bits)
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), bits)
		if len(client.Indexed[*corev1.Node](c.client, byRange, p.String(), rangeOf)) == 0 {
			return p, true
		}
	}
	return netip.Prefix{}, false
}
