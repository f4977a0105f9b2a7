package describe

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

func describeEndpoints(ctx context.Context, w *writer, endpoints *corev1.Endpoints, r *related) error {
	w.metadata(endpoints, true)
	section := w.section("Subsets")
	for _, subset := range endpoints.Subsets {
		section.field("Addresses", addressesText(subset.Addresses))
		section.field("NotReadyAddresses", addressesText(subset.NotReadyAddresses))
		if len(subset.Ports) > 0 {
			table := section.section("Ports")
			table.heading("Name", "Port", "Protocol")
			for _, port := range subset.Ports {
				name := port.Name
				if name == "" {
					name = "<unset>"
				}
				table.row(name, fmt.Sprint(port.Port), string(port.Protocol))
			}
		}
		w.text("\n")
	}
	w.events(ctx, r, aboutObject("Endpoints", endpoints))
	return nil
}

func addressesText(addresses []corev1.EndpointAddress) string {
	ips := make([]string, 0, len(addresses))
	for _, address := range addresses {
		ips = append(ips, address.IP)
	}
	return orNone(strings.Join(ips, ","))
}
