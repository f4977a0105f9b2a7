// Package servicecidr keeps ranges of cluster IPs for as long as Services have
// addresses of them, and tells which ranges are ready:
// https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/
package servicecidr

import (
	"net/netip"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	// Finalizer keeps a range until nothing needs it.
	Finalizer = "networking.k8s.io/service-cidr-finalizer"
	// manager owns conditions.
	manager = "service-cidr-controller"
	// grace is how long a deleted range is kept in any case, so that whoever
	// allocates addresses hears of it.
	grace = 10 * time.Second
)

type controller struct {
	client  *client.Client
	applier *client.Client
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	account := client.ForServiceAccount(r, "service-cidrs-controller")
	applier := *account
	applier.Manager = manager
	c := &controller{client: account, applier: &applier}
	group := networkingv1.GroupName
	return &controllers.Controller{
		Name: manager,
		Watches: []controllers.Watch{
			{Resource: schema.GroupResource{Group: group, Resource: "servicecidrs"}, Keys: c.overlapping},
			{Resource: schema.GroupResource{Group: group, Resource: "ipaddresses"}, Keys: c.containing},
		},
		Reconcile: c.reconcile,
	}
}

// overlapping are a range and those that a new one has addresses in common with.
func (c *controller) overlapping(ev store.Event) []loop.Key {
	keys := []loop.Key{controllers.KeyOf(ev.Item.Object)}
	if ev.Type != store.Added {
		return keys
	}
	mine := prefixes(ev.Item.Object.(*networkingv1.ServiceCIDR))
	for _, other := range c.ranges() {
		shared := slices.ContainsFunc(prefixes(other), func(p netip.Prefix) bool {
			return slices.ContainsFunc(mine, p.Overlaps)
		})
		if shared {
			keys = append(keys, controllers.KeyOf(other))
		}
	}
	return keys
}

// containing are the ranges that an allocated address is of.
func (c *controller) containing(ev store.Event) []loop.Key {
	ip := ev.Item.Object.(*networkingv1.IPAddress)
	addr, err := netip.ParseAddr(ip.Name)
	if err != nil || ev.Type == store.Modified || !allocated(ip) {
		return nil
	}
	var keys []loop.Key
	for _, cidr := range c.ranges() {
		if contains(cidr, addr) {
			keys = append(keys, controllers.KeyOf(cidr))
		}
	}
	return keys
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	cidr, ok := client.Get[*networkingv1.ServiceCIDR](c.client, "", key.Name)
	switch {
	case !ok:
		return controllers.Result{}, nil
	case cidr.DeletionTimestamp == nil:
		if err := c.protect(cidr); err != nil {
			return controllers.Result{}, err
		}
		return controllers.Result{}, c.setReady(cidr, metav1.ConditionTrue, "", "Kubernetes Service CIDR is ready")
	case c.needed(cidr):
		return controllers.Result{}, c.setReady(cidr, metav1.ConditionFalse, networkingv1.ServiceCIDRReasonTerminating,
			"There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR")
	}
	if left := grace - c.client.Registry.Loop.Now().Sub(cidr.DeletionTimestamp.Time); left > 0 {
		return controllers.Result{After: left}, nil
	}
	return controllers.Result{}, c.release(cidr)
}

func (c *controller) protect(cidr *networkingv1.ServiceCIDR) error {
	if slices.Contains(cidr.Finalizers, Finalizer) {
		return nil
	}
	next := cidr.DeepCopy()
	next.Finalizers = append(next.Finalizers, Finalizer)
	_, err := client.Update(c.client, next)
	return err
}

func (c *controller) release(cidr *networkingv1.ServiceCIDR) error {
	if !slices.Contains(cidr.Finalizers, Finalizer) {
		return nil
	}
	next := cidr.DeepCopy()
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == Finalizer })
	_, err := client.Update(c.client, next)
	return err
}

// setReady makes the condition the controller's own, by server-side apply.
func (c *controller) setReady(cidr *networkingv1.ServiceCIDR, status metav1.ConditionStatus, reason, message string) error {
	now := apimeta.FindStatusCondition(cidr.Status.Conditions, networkingv1.ServiceCIDRConditionReady)
	if now != nil && now.Status == status && now.Reason == reason && now.Message == message {
		return nil
	}
	config := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": networkingv1.SchemeGroupVersion.String(), "kind": "ServiceCIDR",
		"metadata": map[string]any{"name": cidr.Name},
		"status": map[string]any{"conditions": []any{map[string]any{
			"type": networkingv1.ServiceCIDRConditionReady, "status": string(status), "reason": reason, "message": message,
			"lastTransitionTime": c.client.Registry.Loop.Now().UTC().Format(time.RFC3339),
		}}},
	}}
	_, err := client.ApplyStatus[*networkingv1.ServiceCIDR](c.applier, config)
	return err
}

// needed reports whether a range can't go: it is not all part of other ranges,
// and there are Services' addresses that are of no other range.
func (c *controller) needed(cidr *networkingv1.ServiceCIDR) bool {
	others := slices.DeleteFunc(c.ranges(), func(o *networkingv1.ServiceCIDR) bool { return o.Name == cidr.Name })
	orphaned := slices.ContainsFunc(prefixes(cidr), func(p netip.Prefix) bool {
		return !slices.ContainsFunc(others, func(o *networkingv1.ServiceCIDR) bool { return covers(o, p) })
	})
	return orphaned && slices.ContainsFunc(client.List[*networkingv1.IPAddress](c.client, "", labels.Everything()), func(ip *networkingv1.IPAddress) bool {
		addr, err := netip.ParseAddr(ip.Name)
		return err == nil && allocated(ip) && contains(cidr, addr) &&
			!slices.ContainsFunc(others, func(o *networkingv1.ServiceCIDR) bool { return contains(o, addr) })
	})
}

// ranges are those that are there, in order of their names.
func (c *controller) ranges() []*networkingv1.ServiceCIDR {
	return client.List[*networkingv1.ServiceCIDR](c.client, "", labels.Everything())
}

// allocated reports whether an address was given to a Service, not written by
// somebody else.
func allocated(ip *networkingv1.IPAddress) bool {
	return ip.Labels[networkingv1.LabelManagedBy] == "ipallocator.k8s.io"
}

func prefixes(cidr *networkingv1.ServiceCIDR) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range cidr.Spec.CIDRs {
		if p, err := netip.ParsePrefix(text); err == nil { // it was validated
			list = append(list, p)
		}
	}
	return list
}

func contains(cidr *networkingv1.ServiceCIDR, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes(cidr), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// covers reports whether a range has all addresses of a prefix.
func covers(cidr *networkingv1.ServiceCIDR, prefix netip.Prefix) bool {
	return slices.ContainsFunc(prefixes(cidr), func(p netip.Prefix) bool {
		return p.Bits() <= prefix.Bits() && p.Contains(prefix.Addr())
	})
}
