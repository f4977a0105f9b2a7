package describe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

func describeIngress(ctx context.Context, w *writer, ingress *networkingv1.Ingress, r *related) error {
	w.field("Name", ingress.Name)
	w.pairs("Labels", ingress.Labels)
	w.field("Namespace", ingress.Namespace)
	w.field("Address", ingressAddresses(ingress.Status.LoadBalancer))
	w.field("Ingress Class", or(ingress.Spec.IngressClassName, "<none>"))
	fallback := "<default>"
	if ingress.Spec.DefaultBackend != nil {
		fallback = r.backendText(ctx, ingress.Namespace, ingress.Spec.DefaultBackend)
	}
	w.field("Default backend", fallback)
	if len(ingress.Spec.TLS) > 0 {
		tls := w.section("TLS")
		for _, t := range ingress.Spec.TLS {
			hosts := strings.Join(t.Hosts, ",")
			if t.SecretName == "" {
				tls.line("SNI routes %s", hosts)
			} else {
				tls.line("%s terminates %s", t.SecretName, hosts)
			}
		}
	}
	w.ingressRules(ctx, r, ingress, fallback)
	w.annotations("Annotations", ingress.Annotations)
	w.events(ctx, r, aboutObject("Ingress", ingress))
	return nil
}

func ingressAddresses(status networkingv1.IngressLoadBalancerStatus) string {
	var addresses []string
	for _, point := range status.Ingress {
		switch {
		case point.IP != "":
			addresses = append(addresses, point.IP)
		case point.Hostname != "":
			addresses = append(addresses, point.Hostname)
		}
	}
	slices.Sort(addresses)
	return strings.Join(slices.Compact(addresses), ",")
}

func (w *writer) ingressRules(ctx context.Context, r *related, ingress *networkingv1.Ingress, fallback string) {
	table := w.section("Rules")
	table.heading("Host", "Path", "Backends")
	none := true
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		none = false
		host := rule.Host
		if host == "" {
			host = "*"
		}
		table.row(host, "")
		for _, path := range rule.HTTP.Paths {
			table.in().row("", path.Path+" ", r.backendText(ctx, ingress.Namespace, &path.Backend))
		}
	}
	if none {
		table.row("*", "*", fallback)
	}
}

// backendText is where an ingress sends requests: a service with the
// endpoints it has, or another resource.
func (r *related) backendText(ctx context.Context, namespace string, backend *networkingv1.IngressBackend) string {
	switch {
	case backend.Service != nil:
		text := serviceBackend(backend.Service)
		endpoints, err := r.backendEndpoints(ctx, namespace, backend.Service)
		if err != nil {
			return fmt.Sprintf("%s (<error: %v>)", text, err)
		}
		return fmt.Sprintf("%s (%s)", text, endpoints)
	case backend.Resource != nil:
		return fmt.Sprintf("APIGroup: %s, Kind: %s, Name: %s",
			or(backend.Resource.APIGroup, "<none>"), backend.Resource.Kind, backend.Resource.Name)
	default:
		return ""
	}
}

func serviceBackend(backend *networkingv1.IngressServiceBackend) string {
	port := backend.Port.Name
	if backend.Port.Number != 0 {
		port = fmt.Sprint(backend.Port.Number)
	}
	return backend.Name + ":" + port
}

func (r *related) backendEndpoints(ctx context.Context, namespace string, backend *networkingv1.IngressServiceBackend) (string, error) {
	slices, err := r.endpointSlices(ctx, namespace, backend.Name)
	if err != nil {
		return "", err
	}
	service, err := get(ctx, r, serviceCollection(), namespace, backend.Name)
	if err != nil {
		return "", err
	}
	name := ""
	for _, port := range service.Spec.Ports {
		byNumber := backend.Port.Number != 0 && backend.Port.Number == port.Port
		byName := backend.Port.Name != "" && backend.Port.Name == port.Name
		if byNumber || byName {
			name = port.Name
		}
	}
	return endpointsText(slices, name), nil
}
