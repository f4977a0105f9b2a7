// Package endpointslice keeps the EndpointSlices of Services with a selector:
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
package endpointslice

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/backends"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	managedBy = "endpointslice-controller.k8s.io"
	// perSlice is how many endpoints a slice holds.
	perSlice = 100
)

var (
	slicesResource = schema.GroupResource{Group: discoveryv1.GroupName, Resource: "endpointslices"}
	nodesResource  = schema.GroupResource{Resource: "nodes"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
	hinted   *Hinted
	// reconciling is so while the controller's own writes are followed.
	reconciling bool
}

// New returns the controller.
func New(r *registry.Registry, hinted *Hinted) *controllers.Controller {
	const name = "endpointslice-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, "endpoint-slice-controller", ""), hinted: hinted}
	return &controllers.Controller{
		Name: name,
		Watches: append(backends.Watches(c.client),
			controllers.Watch{Resource: slicesResource, Keys: c.serviceOf},
			controllers.Watch{Resource: nodesResource, Keys: c.overloaded},
		),
		Reconcile: c.reconcile,
		Retry:     [2]time.Duration{time.Second, 1000 * time.Second},
	}
}

// serviceOf wakes the Service of a slice that somebody else changed.
func (c *controller) serviceOf(ev store.Event) []loop.Key {
	obj := ev.Item.Object
	if c.reconciling || ev.Type == store.Added || obj.GetLabels()[discoveryv1.LabelManagedBy] != managedBy {
		return nil
	}
	return []loop.Key{{Namespace: obj.GetNamespace(), Name: obj.GetLabels()[discoveryv1.LabelServiceName]}}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	c.reconciling = true
	defer func() { c.reconciling = false }()
	s, ok := client.Get[*corev1.Service](c.client, key.Namespace, key.Name)
	if !ok || s.Spec.Type == corev1.ServiceTypeExternalName || len(s.Spec.Selector) == 0 || s.DeletionTimestamp != nil {
		return controllers.Result{}, nil
	}
	err := c.syncAll(s)
	if err != nil {
		c.recorder.Eventf(s, corev1.EventTypeWarning, "FailedToUpdateEndpointSlices",
			"Error updating Endpoint Slices for Service %s/%s: %v", s.Namespace, s.Name, err)
	}
	return controllers.Result{}, err
}

// syncAll brings the slices of all address families in line with the pods.
func (c *controller) syncAll(s *corev1.Service) error {
	pods := backends.Pods(c.client, s)
	var errs []error
	for _, family := range families(s) {
		errs = append(errs, c.sync(s, pods, family))
	}
	for _, slice := range c.have(s) {
		if slices.Contains(families(s), corev1.IPFamily(slice.AddressType)) {
			continue
		}
		if err := c.client.Delete(slice, metav1.DeleteOptions{}); err != nil {
			errs = append(errs, fmt.Errorf("error deleting %s EndpointSlice for Service %s/%s: %w", slice.Name, s.Namespace, s.Name, err))
		}
	}
	return utilerrors.NewAggregate(errs)
}

func families(s *corev1.Service) []corev1.IPFamily {
	if len(s.Spec.IPFamilies) == 0 {
		return []corev1.IPFamily{corev1.IPv4Protocol}
	}
	return s.Spec.IPFamilies
}

// group is the endpoints that have the same port numbers.
type group struct {
	ports     []discoveryv1.EndpointPort
	endpoints []discoveryv1.Endpoint
}

// sync brings the slices of one address family in line with the pods. Each
// slice keeps the endpoints that it has, so that little changes at a time.
func (c *controller) sync(s *corev1.Service, pods []*corev1.Pod, family corev1.IPFamily) error {
	have := slices.DeleteFunc(c.have(s), func(e *discoveryv1.EndpointSlice) bool { return e.AddressType != discoveryv1.AddressType(family) })
	p := plan{client: c.client, trigger: c.trigger(s, pods, have)}
	for _, slice := range have {
		if ownedBy(slice, s) {
			p.rest = append(p.rest, slice)
		} else {
			p.foreign = append(p.foreign, slice)
		}
	}
	groups, lost := groups(c.client, s, pods, family)
	for _, g := range groups {
		p.place(s, g, family)
	}
	p.reuse()
	var why string
	if topologyAware(s) {
		why = p.spread(zonesOf(c.client))
	}
	err := p.carryOut(s)
	if kind, reason, message := c.hinted.told(s, why, discoveryv1.AddressType(family)); reason != "" {
		c.recorder.Event(s, kind, reason, message)
	}
	return utilerrors.NewAggregate(append(lost, err))
}

func ownedBy(slice *discoveryv1.EndpointSlice, s *corev1.Service) bool {
	return slices.ContainsFunc(slice.OwnerReferences, func(o metav1.OwnerReference) bool {
		return o.UID == s.UID && o.Kind == "Service" && o.APIVersion == "v1"
	})
}

// trigger is when the change happened that the next versions of slices show;
// nil if it is none that counts.
func (c *controller) trigger(s *corev1.Service, pods []*corev1.Pod, have []*discoveryv1.EndpointSlice) *time.Time {
	if len(have) == 0 {
		return &s.CreationTimestamp.Time
	}
	shown := map[types.UID]bool{}
	for _, slice := range have {
		for i := range slice.Endpoints {
			if ref := slice.Endpoints[i].TargetRef; ref != nil {
				shown[ref.UID] = true
			}
		}
	}
	return backends.Trigger(pods, shown, c.client.Registry.Loop.Now())
}

// have are the slices of a Service that this controller keeps, by name.
func (c *controller) have(s *corev1.Service) []*discoveryv1.EndpointSlice {
	selector := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: s.Name, discoveryv1.LabelManagedBy: managedBy})
	return slices.DeleteFunc(client.List[*discoveryv1.EndpointSlice](c.client, s.Namespace, selector),
		func(e *discoveryv1.EndpointSlice) bool { return e.DeletionTimestamp != nil })
}

// groups sorts pods by the port numbers that they serve on. A Service always
// has at least one group, so that it has a slice even without pods. Those whose
// nodes are not there are left out, and told of.
func groups(c *client.Client, s *corev1.Service, pods []*corev1.Pod, family corev1.IPFamily) (order []*group, lost []error) {
	byPorts := map[string]*group{}
	add := func(ports []discoveryv1.EndpointPort) *group {
		key := fmt.Sprint(portKeys(ports))
		g, ok := byPorts[key]
		if !ok {
			g = &group{ports: ports}
			byPorts[key] = g
			order = append(order, g)
		}
		return g
	}
	for _, pod := range pods {
		address := backends.Address(pod, family == corev1.IPv6Protocol)
		if address == "" {
			continue
		}
		node, known := client.Get[*corev1.Node](c, "", pod.Spec.NodeName)
		if !known && !s.Spec.PublishNotReadyAddresses {
			lost = append(lost, fmt.Errorf("skipping Pod %s for Service %s/%s: Node %s Not Found", pod.Name, s.Namespace, s.Name, pod.Spec.NodeName))
			continue
		}
		g := add(portsOf(s, pod))
		g.endpoints = append(g.endpoints, endpointOf(s, pod, node, address))
	}
	if len(order) == 0 {
		add(nil)
	}
	return order, lost
}

func portKeys(ports []discoveryv1.EndpointPort) []string {
	var keys []string
	for _, p := range ports {
		keys = append(keys, fmt.Sprintf("%s/%d/%s", ptr.Deref(p.Name, ""), ptr.Deref(p.Port, 0), ptr.Deref(p.Protocol, "")))
	}
	return keys
}

func portsOf(s *corev1.Service, pod *corev1.Pod) []discoveryv1.EndpointPort {
	var ports []discoveryv1.EndpointPort
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		number, ok := backends.Port(pod, p)
		if !ok {
			continue
		}
		ports = append(ports, discoveryv1.EndpointPort{
			Name: &p.Name, Port: &number, Protocol: &p.Protocol, AppProtocol: p.AppProtocol,
		})
	}
	slices.SortStableFunc(ports, backends.ByHash)
	return ports
}

// endpointOf is the endpoint of a pod on a node, nil if that is not there.
func endpointOf(s *corev1.Service, pod *corev1.Pod, node *corev1.Node, address string) discoveryv1.Endpoint {
	serving := podcontrol.Ready(pod)
	terminating := pod.DeletionTimestamp != nil
	ready := s.Spec.PublishNotReadyAddresses || serving && !terminating
	e := discoveryv1.Endpoint{
		Addresses:  []string{address},
		Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &serving, Terminating: &terminating},
		TargetRef: &corev1.ObjectReference{
			Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
		},
	}
	if host := backends.Hostname(pod, s); host != "" {
		e.Hostname = &host
	}
	if name := pod.Spec.NodeName; name != "" {
		e.NodeName = &name
	}
	if node != nil {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
			e.Zone = &zone
		}
	}
	if ready && !topologyAware(s) {
		e.Hints = hintsOf(s, &e)
	}
	return e
}

// hintsOf are for which zone and node an endpoint is meant, as its Service wants
// its traffic distributed; nil: for all.
func hintsOf(s *corev1.Service, e *discoveryv1.Endpoint) *discoveryv1.EndpointHints {
	hints := &discoveryv1.EndpointHints{}
	wanted := ptr.Deref(s.Spec.TrafficDistribution, "")
	switch wanted {
	case corev1.ServiceTrafficDistributionPreferClose, corev1.ServiceTrafficDistributionPreferSameZone, corev1.ServiceTrafficDistributionPreferSameNode:
	default:
		return nil
	}
	if e.Zone != nil {
		hints.ForZones = []discoveryv1.ForZone{{Name: *e.Zone}}
	}
	if e.NodeName != nil && wanted == corev1.ServiceTrafficDistributionPreferSameNode {
		hints.ForNodes = []discoveryv1.ForNode{{Name: *e.NodeName}}
	}
	if hints.ForZones == nil && hints.ForNodes == nil {
		return nil
	}
	return hints
}

// labelsOf are the labels of a Service's slices: the Service's own, and those
// by which they are found.
func labelsOf(s *corev1.Service) map[string]string {
	l := map[string]string{
		discoveryv1.LabelServiceName: s.Name,
		discoveryv1.LabelManagedBy:   managedBy,
	}
	for k, v := range s.Labels {
		if k != discoveryv1.LabelServiceName && k != discoveryv1.LabelManagedBy && k != corev1.IsHeadlessService {
			l[k] = v
		}
	}
	if backends.Headless(s) {
		l[corev1.IsHeadlessService] = ""
	}
	return l
}
