// Package backends knows which pods stand behind a Service, and on which of
// their ports: what the Endpoints and the EndpointSlice controllers share.
package backends

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// Services is the resource.
var Services = schema.GroupResource{Resource: "services"}

// Watches wake a controller, by Service, for the Service and for pods whose
// part behind it may have changed.
func Watches(c *client.Client) []controllers.Watch {
	return []controllers.Watch{
		controllers.Each(Services),
		{Resource: podcontrol.Pods, Keys: func(ev store.Event) []loop.Key { return selectedBy(c, ev) }},
	}
}

// selectedBy finds the Services that select a pod, or did before.
func selectedBy(c *client.Client, ev store.Event) []loop.Key {
	pod := ev.Item.Object.(*corev1.Pod)
	var old *corev1.Pod
	if ev.Old != nil {
		old = ev.Old.Object.(*corev1.Pod)
	}
	if ev.Type == store.Modified && !changed(pod, old) {
		return nil
	}
	var keys []loop.Key
	for _, s := range client.List[*corev1.Service](c, pod.Namespace, nil) {
		if len(s.Spec.Selector) == 0 {
			continue
		}
		selector := labels.SelectorFromValidatedSet(s.Spec.Selector)
		if selector.Matches(labels.Set(pod.Labels)) || old != nil && selector.Matches(labels.Set(old.Labels)) {
			keys = append(keys, controllers.KeyOf(s))
		}
	}
	return keys
}

// changed reports whether anything that an endpoint shows has changed.
func changed(pod, old *corev1.Pod) bool {
	return podcontrol.Ready(pod) != podcontrol.Ready(old) ||
		pod.Status.Phase != old.Status.Phase ||
		(pod.DeletionTimestamp == nil) != (old.DeletionTimestamp == nil) ||
		!slices.Equal(pod.Status.PodIPs, old.Status.PodIPs) ||
		pod.Spec.NodeName != old.Spec.NodeName ||
		!labels.Equals(pod.Labels, old.Labels)
}

// Pods are the pods behind a Service that have an address and may get traffic,
// now or once they are ready, by name.
func Pods(c *client.Client, s *corev1.Service) []*corev1.Pod {
	selector := labels.SelectorFromValidatedSet(s.Spec.Selector)
	return podcontrol.Filter(client.List[*corev1.Pod](c, s.Namespace, selector), func(p *corev1.Pod) bool {
		return p.Status.PodIP != "" && !podcontrol.Finished(p)
	})
}

// Address is the pod's address of a family, "" without one.
func Address(pod *corev1.Pod, ipv6 bool) string {
	for _, ip := range pod.Status.PodIPs {
		if isIPv6(ip.IP) == ipv6 {
			return ip.IP
		}
	}
	return ""
}

func isIPv6(ip string) bool { return slices.Contains([]byte(ip), ':') }

// Port finds the number that a Service's port has in a pod.
func Port(pod *corev1.Pod, port *corev1.ServicePort) (int32, bool) {
	if port.TargetPort.Type == intstr.Int {
		return port.TargetPort.IntVal, true
	}
	for _, c := range listening(pod) {
		for _, p := range c.Ports {
			if p.Name == port.TargetPort.StrVal && p.Protocol == port.Protocol {
				return p.ContainerPort, true
			}
		}
	}
	return 0, false
}

// listening are the containers that may serve: the ordinary ones and sidecars.
func listening(pod *corev1.Pod) []corev1.Container {
	all := slices.Clone(pod.Spec.Containers)
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			all = append(all, c)
		}
	}
	return all
}

// Hostname is the name by which DNS knows a pod within its Service, "" for
// none.
func Hostname(pod *corev1.Pod, s *corev1.Service) string {
	if pod.Spec.Hostname != "" && pod.Spec.Subdomain == s.Name && pod.Namespace == s.Namespace {
		return pod.Spec.Hostname
	}
	return ""
}

// Headless reports whether a Service has no cluster IP by choice.
func Headless(s *corev1.Service) bool { return s.Spec.ClusterIP == corev1.ClusterIPNone }
