package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/selectors"
)

// service explains a service by its endpoints, and these by its selector and
// the pods that it selects.
func (x *explainer) service(ctx context.Context, a *answer, s *corev1.Service) {
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		a.add(causef("it is another name for %s; it has no endpoints of its own", s.Spec.ExternalName))
		return
	}
	if a.health.State == health.Progressing {
		a.add(causef("no load balancer has been given to it; does something in this cluster make them?"))
		a.addEvents(x.events(ctx, a, s, "Service"))
	}
	serving, known := x.endpoints(ctx, a, s)
	if known {
		a.health.Reason = fmt.Sprintf("%s, %s", a.health.Reason, numbered(serving, "ready endpoint"))
		if serving == 0 {
			a.health.State = health.Progressing
		}
	}
	if len(s.Spec.Selector) == 0 {
		if serving == 0 {
			a.add(causef("it has no selector: somebody else has to make its endpoints (EndpointSlices with the label %s=%s)", discoveryv1.LabelServiceName, s.Name))
		}
		return
	}
	selected := x.pods(ctx, a, s.Namespace, labels.SelectorFromSet(s.Spec.Selector))
	if len(selected) == 0 {
		x.nothingSelected(ctx, a, s)
		return
	}
	a.add(ports(s, selected, serving)...)
	if serving == 0 {
		x.podsBehind(ctx, a, selected)
		a.suggest("get pods -l %s", labels.SelectorFromSet(s.Spec.Selector))
	}
}

// endpoints counts the endpoints that get traffic.
func (x *explainer) endpoints(ctx context.Context, a *answer, s *corev1.Service) (serving int, known bool) {
	found := &discoveryv1.EndpointSliceList{}
	byService := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: s.Name}).String()
	if !x.list(ctx, a, discoveryv1.SchemeGroupVersion.WithResource("endpointslices"), s.Namespace, metav1.ListOptions{LabelSelector: byService}, found) {
		return 0, false
	}
	targets := map[string]bool{}
	for _, slice := range found.Items {
		if len(slice.Ports) == 0 && s.Spec.ClusterIP != corev1.ClusterIPNone {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			switch ready := endpoint.Conditions.Ready; {
			case ready != nil && !*ready:
			case endpoint.TargetRef != nil: // A pod may have addresses of two families.
				targets[endpoint.TargetRef.Name] = true
			default:
				targets[strings.Join(endpoint.Addresses, ",")] = true
			}
		}
	}
	return len(targets), true
}

// nothingSelected says which pods the selector nearly selects.
func (x *explainer) nothingSelected(ctx context.Context, a *answer, s *corev1.Service) {
	wanted := labels.SelectorFromSet(s.Spec.Selector)
	all := x.pods(ctx, a, s.Namespace, labels.Everything())
	none := causef("its selector, %s, selects none of the namespace's %s", wanted, numbered(len(all), "pod"))
	a.add(none.with(nearest(selectors.New(wanted, nil), all, "pod")...))
	a.suggest("get pods --show-labels")
}

// ports says which of a service's target ports its pods do not have. A number
// that no container declares may still be listened on, so that is told only
// when it helps.
func ports(s *corev1.Service, selected []*corev1.Pod, serving int) []cause {
	var causes []cause
	for _, port := range s.Spec.Ports {
		declared, has := declaredPorts(selected, port)
		switch {
		case has || len(declared) == 0 && port.TargetPort.Type == intstr.Int:
		case port.TargetPort.Type == intstr.String:
			causes = append(causes, causef("its port %d goes to the pods' port named %q, but no pod names a port so (%s)",
				port.Port, port.TargetPort.StrVal, cmp.Or(strings.Join(declared, ", "), "none is declared")))
		case serving > 0:
			causes = append(causes, causef("note: its port %d goes to port %s of the pods, which declare only %s; that works if something listens there",
				port.Port, target(port), strings.Join(declared, ", ")))
		}
	}
	return causes
}

func target(port corev1.ServicePort) string {
	if port.TargetPort == (intstr.IntOrString{}) {
		return fmt.Sprint(port.Port)
	}
	return port.TargetPort.String()
}

// declaredPorts are the ports of a protocol that pods declare, and whether the
// service's target is among them.
func declaredPorts(selected []*corev1.Pod, port corev1.ServicePort) (declared []string, has bool) {
	for _, pod := range selected {
		for _, container := range servingContainers(pod) {
			for _, p := range container.Ports {
				text := fmt.Sprint(p.ContainerPort)
				has = has || target(port) == text || p.Name != "" && target(port) == p.Name
				if p.Name != "" {
					text += " (" + p.Name + ")"
				}
				if !slices.Contains(declared, text) {
					declared = append(declared, text)
				}
			}
		}
	}
	return declared, has
}

// servingContainers are the containers whose ports a service can reach:
// sidecars too.
func servingContainers(pod *corev1.Pod) []corev1.Container {
	containers := slices.Clone(pod.Spec.Containers)
	for _, container := range pod.Spec.InitContainers {
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, container)
		}
	}
	return containers
}
