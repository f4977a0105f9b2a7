// Package endpoint keeps the Endpoints of Services with a selector, the older
// form of EndpointSlices.
package endpoint

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/backends"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	// maxAddresses is how many addresses an Endpoints object holds; more are
	// left out, and an annotation says so.
	maxAddresses         = 1000
	overCapacity         = "endpoints.kubernetes.io/over-capacity"
	managedByLabel       = "endpoints.kubernetes.io/managed-by"
	managedBy            = "endpoint-controller"
	truncatedCapacity    = "truncated"
	leaderElectionRecord = "control-plane.alpha.kubernetes.io/leader"
)

var endpoints = schema.GroupResource{Resource: "endpoints"}

type controller struct {
	client *client.Client
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	const name = "endpoint-controller"
	c := &controller{client: client.ForServiceAccount(r, name)}
	return &controllers.Controller{
		Name: name,
		Watches: append(backends.Watches(c.client), controllers.Watch{
			Resource: endpoints,
			Keys: func(ev store.Event) []loop.Key {
				if ev.Type != store.Deleted {
					return nil
				}
				return []loop.Key{controllers.KeyOf(ev.Item.Object)}
			},
		}),
		Reconcile: c.reconcile,
	}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	s, ok := client.Get[*corev1.Service](c.client, key.Namespace, key.Name)
	have, exists := client.Get[*corev1.Endpoints](c.client, key.Namespace, key.Name)
	switch {
	case !ok && exists && have.Annotations[leaderElectionRecord] == "":
		return controllers.Result{}, c.client.Delete(have, metav1.DeleteOptions{})
	case !ok || s.Spec.Type == corev1.ServiceTypeExternalName || len(s.Spec.Selector) == 0:
		return controllers.Result{}, nil
	}
	return controllers.Result{}, c.write(s, have, exists)
}

func (c *controller) write(s *corev1.Service, have *corev1.Endpoints, exists bool) error {
	next := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name}}
	if exists {
		next = have.DeepCopy()
	}
	var truncated bool
	pods := backends.Pods(c.client, s)
	next.Subsets, truncated = subsets(s, pods)
	next.Labels = labelsOf(s)
	if truncated {
		annotate(next, overCapacity, truncatedCapacity)
	} else {
		delete(next.Annotations, overCapacity)
	}
	if exists && equality.Semantic(next, have) {
		return nil
	}
	backends.Stamp(next, c.trigger(s, pods, have, exists))
	var err error
	if exists {
		_, err = client.Update(c.client, next)
	} else {
		_, err = client.Create(c.client, next)
	}
	return err
}

// trigger is when the change happened that the next version shows.
func (c *controller) trigger(s *corev1.Service, pods []*corev1.Pod, have *corev1.Endpoints, exists bool) *time.Time {
	if !exists {
		return &s.CreationTimestamp.Time
	}
	shown := map[types.UID]bool{}
	for i := range have.Subsets {
		for _, addresses := range [][]corev1.EndpointAddress{have.Subsets[i].Addresses, have.Subsets[i].NotReadyAddresses} {
			for _, a := range addresses {
				if a.TargetRef != nil {
					shown[a.TargetRef.UID] = true
				}
			}
		}
	}
	return backends.Trigger(pods, shown, c.client.Registry.Loop.Now())
}

func annotate(e *corev1.Endpoints, key, value string) {
	if e.Annotations == nil {
		e.Annotations = map[string]string{}
	}
	e.Annotations[key] = value
}

func labelsOf(s *corev1.Service) map[string]string {
	l := maps.Clone(s.Labels)
	if l == nil {
		l = map[string]string{}
	}
	delete(l, corev1.IsHeadlessService)
	if backends.Headless(s) {
		l[corev1.IsHeadlessService] = ""
	}
	l[managedByLabel] = managedBy
	return l
}

// subsets groups the ports that pods serve on by the pods that do, ready and not
// ready, each in order. A headless Service needs no ports.
func subsets(s *corev1.Service, pods []*corev1.Pod) (list []corev1.EndpointSubset, truncated bool) {
	pods = podcontrol.Filter(pods, func(pod *corev1.Pod) bool {
		return pod.DeletionTimestamp == nil || s.Spec.PublishNotReadyAddresses
	})
	if truncated = len(pods) > maxAddresses; truncated {
		pods = pods[:maxAddresses]
	}
	if len(s.Spec.Ports) == 0 && backends.Headless(s) && len(pods) > 0 {
		return []corev1.EndpointSubset{subset(s, pods)}, truncated
	}
	byPods := map[string]*corev1.EndpointSubset{}
	for _, o := range offers(s, pods) {
		key := namesOf(o.pods)
		if byPods[key] == nil {
			byPods[key] = new(subset(s, o.pods))
		}
		byPods[key].Ports = append(byPods[key].Ports, o.port)
	}
	for _, key := range slices.Sorted(maps.Keys(byPods)) {
		slices.SortStableFunc(byPods[key].Ports, backends.ByHash)
		list = append(list, *byPods[key])
	}
	slices.SortStableFunc(list, backends.ByHash)
	return list, truncated
}

// offer is a port, and the pods that serve on it.
type offer struct {
	port corev1.EndpointPort
	pods []*corev1.Pod
}

// offers are the ports of a Service: several of one whose number each pod has
// another one for.
func offers(s *corev1.Service, pods []*corev1.Pod) []offer {
	var all []offer
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		byNumber := map[int32][]*corev1.Pod{}
		for _, pod := range pods {
			if number, ok := backends.Port(pod, p); ok {
				byNumber[number] = append(byNumber[number], pod)
			}
		}
		for _, number := range slices.Sorted(maps.Keys(byNumber)) {
			port := corev1.EndpointPort{Name: p.Name, Port: number, Protocol: p.Protocol, AppProtocol: p.AppProtocol}
			all = append(all, offer{port, byNumber[number]})
		}
	}
	return all
}

func namesOf(pods []*corev1.Pod) string {
	var b strings.Builder
	for _, pod := range pods {
		b.WriteString(pod.Name + ",")
	}
	return b.String()
}

// subset has the addresses of pods.
func subset(s *corev1.Service, pods []*corev1.Pod) (addresses corev1.EndpointSubset) {
	for _, pod := range pods {
		add(&addresses, s, pod)
	}
	slices.SortFunc(addresses.Addresses, byIP)
	slices.SortFunc(addresses.NotReadyAddresses, byIP)
	return addresses
}

func byIP(a, b corev1.EndpointAddress) int { return strings.Compare(a.IP, b.IP) }

func add(subset *corev1.EndpointSubset, s *corev1.Service, pod *corev1.Pod) {
	address := corev1.EndpointAddress{
		IP: pod.Status.PodIP, Hostname: backends.Hostname(pod, s),
		TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
	}
	if pod.Spec.NodeName != "" {
		address.NodeName = &pod.Spec.NodeName
	}
	if s.Spec.PublishNotReadyAddresses || podcontrol.Ready(pod) {
		subset.Addresses = append(subset.Addresses, address)
		return
	}
	subset.NotReadyAddresses = append(subset.NotReadyAddresses, address)
}
