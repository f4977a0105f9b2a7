package describe

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func describeService(ctx context.Context, w *writer, service *corev1.Service, r *related) error {
	// Without endpoints a service is still worth describing.
	slices, _ := r.endpointSlices(ctx, service.Namespace, service.Name)
	spec := service.Spec
	w.metadata(service, true)
	w.field("Selector", labels.FormatLabels(spec.Selector))
	w.field("Type", spec.Type)
	if spec.IPFamilyPolicy != nil {
		w.field("IP Family Policy", *spec.IPFamilyPolicy)
	}
	w.field("IP Families", orNone(strings.Join(texts(spec.IPFamilies), ",")))
	w.field("IP", spec.ClusterIP)
	w.field("IPs", orNone(strings.Join(spec.ClusterIPs, ",")))
	w.optional("External IPs", strings.Join(spec.ExternalIPs, ","))
	w.optional("Desired LoadBalancer IP", spec.LoadBalancerIP)
	w.optional("External Name", spec.ExternalName)
	if ingress := service.Status.LoadBalancer.Ingress; len(ingress) > 0 {
		w.field("LoadBalancer Ingress", ingressText(ingress))
	}
	for _, port := range spec.Ports {
		w.servicePort(port, slices)
	}
	w.serviceTraffic(spec)
	w.events(ctx, r, aboutObject("Service", service))
	return nil
}

func ingressText(ingress []corev1.LoadBalancerIngress) string {
	points := make([]string, 0, len(ingress))
	for _, point := range ingress {
		text := point.Hostname
		if point.IP != "" {
			text = point.IP
			if point.IPMode != nil {
				text += fmt.Sprintf(" (%s)", *point.IPMode)
			}
		}
		points = append(points, text)
	}
	return strings.Join(points, ", ")
}

func (w *writer) servicePort(port corev1.ServicePort, slices []*discoveryv1.EndpointSlice) {
	name := port.Name
	if name == "" {
		name = "<unset>"
	}
	w.fieldf("Port", "%s\t%d/%s", name, port.Port, port.Protocol)
	target := port.TargetPort.StrVal
	if port.TargetPort.Type == intstr.Int {
		target = fmt.Sprint(port.TargetPort.IntVal)
	}
	w.fieldf("TargetPort", "%s/%s", target, port.Protocol)
	if port.AppProtocol != nil {
		w.field("AppProtocol", *port.AppProtocol)
	}
	if port.NodePort != 0 {
		w.fieldf("NodePort", "%s\t%d/%s", name, port.NodePort, port.Protocol)
	}
	w.field("Endpoints", endpointsText(slices, port.Name))
}

func (w *writer) serviceTraffic(spec corev1.ServiceSpec) {
	w.field("Session Affinity", spec.SessionAffinity)
	w.optional("External Traffic Policy", string(spec.ExternalTrafficPolicy))
	if spec.InternalTrafficPolicy != nil {
		w.field("Internal Traffic Policy", *spec.InternalTrafficPolicy)
	}
	if spec.HealthCheckNodePort != 0 {
		w.field("HealthCheck NodePort", spec.HealthCheckNodePort)
	}
	w.optional("LoadBalancer Source Ranges", strings.Join(spec.LoadBalancerSourceRanges, ","))
	if spec.TrafficDistribution != nil {
		w.field("Traffic Distribution", *spec.TrafficDistribution)
	}
}
