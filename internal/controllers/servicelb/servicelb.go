// Package servicelb gives Services of type LoadBalancer an address, as a
// cloud's load balancer would:
// https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
//
// The balancer itself is simulated: who carries traffic to Services carries it
// to these addresses too.
package servicelb

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// finalizer keeps a Service until its load balancer is gone.
const finalizer = "service.kubernetes.io/load-balancer-cleanup"

type controller struct {
	client   *client.Client
	recorder *events.Recorder
	pools    []netip.Prefix
}

// New returns the controller. Addresses come from pools, one per family.
func New(r *registry.Registry, pools ...netip.Prefix) *controllers.Controller {
	const name = "service-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, ""), pools: pools}
	return &controllers.Controller{
		Name:      name,
		Watches:   []controllers.Watch{{Resource: schema.GroupResource{Resource: "services"}, Keys: changed}},
		Reconcile: c.reconcile,
		Retry:     [2]time.Duration{5 * time.Second, 5 * time.Minute},
	}
}

// changed names a Service that asks for something else than before.
func changed(ev store.Event) []loop.Key {
	if ev.Type == store.Deleted {
		return nil
	}
	s := ev.Item.Object.(*corev1.Service)
	if ev.Type == store.Modified {
		old := ev.Old.Object.(*corev1.Service)
		if equality.Semantic.DeepEqual(s.Spec, old.Spec) && (s.DeletionTimestamp == nil) == (old.DeletionTimestamp == nil) {
			return nil
		}
	}
	return []loop.Key{controllers.KeyOf(s)}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	s, ok := client.Get[*corev1.Service](c.client, key.Namespace, key.Name)
	if !ok || s.Spec.LoadBalancerClass != nil {
		return controllers.Result{}, nil
	}
	wanted := s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.DeletionTimestamp == nil
	switch {
	case wanted:
		return controllers.Result{}, c.ensure(s)
	case slices.Contains(s.Finalizers, finalizer):
		return controllers.Result{}, c.remove(s)
	}
	return controllers.Result{}, nil
}

func (c *controller) ensure(s *corev1.Service) error {
	c.recorder.Event(s, corev1.EventTypeNormal, "EnsuringLoadBalancer", "Ensuring load balancer")
	if !slices.Contains(s.Finalizers, finalizer) {
		next := s.DeepCopy()
		next.Finalizers = append(next.Finalizers, finalizer)
		updated, err := client.Update(c.client, next)
		if err != nil {
			return err
		}
		s = updated
	}
	ingress, err := c.ingress(s)
	if err != nil {
		c.recorder.Eventf(s, corev1.EventTypeWarning, "SyncLoadBalancerFailed", "Error syncing load balancer: failed to ensure load balancer: %v", err)
		return err
	}
	if err := c.report(s, ingress); err != nil {
		return err
	}
	c.recorder.Event(s, corev1.EventTypeNormal, "EnsuredLoadBalancer", "Ensured load balancer")
	return nil
}

func (c *controller) remove(s *corev1.Service) error {
	c.recorder.Event(s, corev1.EventTypeNormal, "DeletingLoadBalancer", "Deleting load balancer")
	if err := c.report(s, nil); err != nil {
		return err
	}
	now, ok := client.Get[*corev1.Service](c.client, s.Namespace, s.Name)
	if !ok {
		return nil
	}
	c.recorder.Event(s, corev1.EventTypeNormal, "DeletedLoadBalancer", "Deleted load balancer")
	next := now.DeepCopy()
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == finalizer })
	_, err := client.Update(c.client, next)
	return err
}

func (c *controller) report(s *corev1.Service, ingress []corev1.LoadBalancerIngress) error {
	if equality.Semantic.DeepEqual(s.Status.LoadBalancer.Ingress, ingress) {
		return nil
	}
	next := s.DeepCopy()
	next.Status.LoadBalancer.Ingress = ingress
	_, err := client.UpdateStatus(c.client, next)
	return err
}

// ingress is the address of a Service: the one that it has, the one that it
// asks for, or the first that is free.
func (c *controller) ingress(s *corev1.Service) ([]corev1.LoadBalancerIngress, error) {
	asked := s.Spec.LoadBalancerIP //nolint:staticcheck // deprecated, but what clouds go by
	if have := s.Status.LoadBalancer.Ingress; len(have) > 0 && (asked == "" || have[0].IP == asked) {
		return have, nil
	}
	taken := c.taken()
	if asked != "" {
		if taken[asked] {
			return nil, fmt.Errorf("address %s is in use", asked)
		}
		return address(asked), nil
	}
	ipv6 := len(s.Spec.IPFamilies) > 0 && s.Spec.IPFamilies[0] == corev1.IPv6Protocol
	for _, pool := range c.pools {
		if pool.Addr().Is6() != ipv6 {
			continue
		}
		for a := pool.Masked().Addr().Next(); pool.Contains(a.Next()); a = a.Next() {
			if !taken[a.String()] {
				return address(a.String()), nil
			}
		}
	}
	return nil, fmt.Errorf("no address is left")
}

func address(ip string) []corev1.LoadBalancerIngress {
	mode := corev1.LoadBalancerIPModeVIP
	return []corev1.LoadBalancerIngress{{IP: ip, IPMode: &mode}}
}

// taken are the addresses of all Services.
func (c *controller) taken() map[string]bool {
	taken := map[string]bool{}
	for _, s := range client.List[*corev1.Service](c.client, "", nil) {
		for _, in := range s.Status.LoadBalancer.Ingress {
			taken[in.IP] = true
		}
	}
	return taken
}
