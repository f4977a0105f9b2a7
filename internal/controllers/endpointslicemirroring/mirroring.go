// Package endpointslicemirroring copies Endpoints that users write, for
// Services without a selector, to EndpointSlices:
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
package endpointslicemirroring

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/backends"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	managedBy = "endpointslicemirroring-controller.k8s.io"
	// perSubset is how many addresses of a subset are copied.
	perSubset = 1000
	// electionAnnotation marks Endpoints that serve as a lock.
	electionAnnotation = "control-plane.alpha.kubernetes.io/leader"
)

var (
	endpoints = schema.GroupResource{Resource: "endpoints"}
	mirrored  = schema.GroupResource{Group: discoveryv1.GroupName, Resource: "endpointslices"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	account := client.ForServiceAccount(r, "endpointslicemirroring-controller")
	c := &controller{client: account, recorder: events.NewRecorder(account, "endpoint-slice-mirroring-controller", "")}
	return &controllers.Controller{
		Name: "endpointslicemirroring-controller",
		Watches: []controllers.Watch{
			controllers.Each(endpoints),
			controllers.Each(backends.Services),
			{Resource: mirrored, Keys: originalOf},
		},
		Reconcile: c.reconcile,
	}
}

// originalOf wakes the Endpoints of a copy that somebody else changed.
func originalOf(ev store.Event) []loop.Key {
	obj := ev.Item.Object
	if ev.Type == store.Added || obj.GetLabels()[discoveryv1.LabelManagedBy] != managedBy {
		return nil
	}
	return []loop.Key{{Namespace: obj.GetNamespace(), Name: obj.GetLabels()[discoveryv1.LabelServiceName]}}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	have := c.copies(key)
	e, ok := client.Get[*corev1.Endpoints](c.client, key.Namespace, key.Name)
	if !ok || !c.copied(e) {
		return controllers.Result{}, c.deleteAll(have)
	}
	for _, want := range c.wanted(e) {
		i := slices.IndexFunc(have, func(s *discoveryv1.EndpointSlice) bool {
			return s.AddressType == want.AddressType && equality.Semantic.DeepEqual(s.Ports, want.Ports)
		})
		if i < 0 {
			if _, err := client.Create(c.client, want); err != nil {
				return controllers.Result{}, err
			}
			continue
		}
		if err := c.update(have[i], want); err != nil {
			return controllers.Result{}, err
		}
		have = slices.Delete(have, i, i+1)
	}
	return controllers.Result{}, c.deleteAll(have)
}

func (c *controller) copies(key loop.Key) []*discoveryv1.EndpointSlice {
	selector := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: key.Name, discoveryv1.LabelManagedBy: managedBy})
	return client.List[*discoveryv1.EndpointSlice](c.client, key.Namespace, selector)
}

// copied reports whether Endpoints are a user's, for a Service that has no
// selector.
func (c *controller) copied(e *corev1.Endpoints) bool {
	if _, lock := e.Annotations[electionAnnotation]; lock || e.Labels[discoveryv1.LabelSkipMirror] == "true" || e.DeletionTimestamp != nil {
		return false
	}
	s, ok := client.Get[*corev1.Service](c.client, e.Namespace, e.Name)
	return ok && s.Spec.Selector == nil
}

func (c *controller) deleteAll(slices []*discoveryv1.EndpointSlice) error {
	for _, s := range slices {
		if err := c.client.Delete(s, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (c *controller) update(have, want *discoveryv1.EndpointSlice) error {
	next := have.DeepCopy()
	next.Endpoints, next.Labels, next.Annotations = want.Endpoints, want.Labels, want.Annotations
	if equality.Semantic.DeepEqual(have, next) {
		return nil
	}
	next.GenerateName = "" // it is made anew, with the name that it has
	_, err := client.Update(c.client, next)
	return err
}

// wanted are the copies of Endpoints: one for each subset and address family.
func (c *controller) wanted(e *corev1.Endpoints) []*discoveryv1.EndpointSlice {
	var all []*discoveryv1.EndpointSlice
	for i := range e.Subsets {
		subset := &e.Subsets[i]
		byFamily := map[discoveryv1.AddressType][]discoveryv1.Endpoint{}
		n := c.add(e, byFamily, subset.Addresses, true, 0)
		c.add(e, byFamily, subset.NotReadyAddresses, false, n)
		for _, family := range []discoveryv1.AddressType{discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6} {
			if len(byFamily[family]) > 0 {
				all = append(all, newSlice(e, family, portsOf(subset), byFamily[family]))
			}
		}
	}
	return all
}

// add copies addresses by family, up to the limit, and returns their number.
func (c *controller) add(e *corev1.Endpoints, to map[discoveryv1.AddressType][]discoveryv1.Endpoint, addresses []corev1.EndpointAddress, ready bool, n int) int {
	for i := range addresses {
		a := &addresses[i]
		ip, err := netip.ParseAddr(a.IP)
		if err != nil {
			c.recorder.Event(e, corev1.EventTypeWarning, "InvalidIPAddress", fmt.Sprintf("Skipped %d invalid IP addresses when mirroring to EndpointSlices", 1))
			continue
		}
		if n++; n > perSubset {
			c.recorder.Event(e, corev1.EventTypeWarning, "TooManyAddressesToMirror", fmt.Sprintf("A max of %d addresses can be mirrored to EndpointSlices per Endpoints subset. %d addresses were skipped", perSubset, len(addresses)-i))
			break
		}
		family := discoveryv1.AddressTypeIPv4
		if ip.Is6() {
			family = discoveryv1.AddressTypeIPv6
		}
		to[family] = append(to[family], endpointOf(a, ready))
	}
	return n
}

func endpointOf(a *corev1.EndpointAddress, ready bool) discoveryv1.Endpoint {
	ep := discoveryv1.Endpoint{
		Addresses:  []string{a.IP},
		Conditions: discoveryv1.EndpointConditions{Ready: &ready},
		TargetRef:  a.TargetRef.DeepCopy(),
		NodeName:   a.NodeName,
	}
	if a.Hostname != "" {
		ep.Hostname = &a.Hostname
	}
	return ep
}

func portsOf(subset *corev1.EndpointSubset) []discoveryv1.EndpointPort {
	ports := []discoveryv1.EndpointPort{}
	for i := range subset.Ports {
		p := &subset.Ports[i]
		ports = append(ports, discoveryv1.EndpointPort{Name: &p.Name, Port: &p.Port, Protocol: &p.Protocol, AppProtocol: p.AppProtocol})
	}
	slices.SortStableFunc(ports, backends.ByHash)
	return ports
}

func newSlice(e *corev1.Endpoints, family discoveryv1.AddressType, ports []discoveryv1.EndpointPort, eps []discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	l := map[string]string{}
	maps.Copy(l, e.Labels)
	l[discoveryv1.LabelServiceName], l[discoveryv1.LabelManagedBy] = e.Name, managedBy
	annotations := maps.Clone(e.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	delete(annotations, corev1.EndpointsLastChangeTriggerTime)
	owner := metav1.NewControllerRef(e, corev1.SchemeGroupVersion.WithKind("Endpoints"))
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: e.Name + "-", Namespace: e.Namespace, Labels: l, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*owner},
		},
		AddressType: family, Ports: ports, Endpoints: eps,
	}
}
