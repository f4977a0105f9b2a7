package describe

import (
	"context"
	"fmt"
	"net"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
)

func describeEndpointSlice(ctx context.Context, w *writer, slice *discoveryv1.EndpointSlice, r *related) error {
	w.metadata(slice, true)
	w.field("AddressType", slice.AddressType)
	if len(slice.Ports) == 0 {
		w.line("Ports: <unset>")
	} else {
		table := w.section("Ports")
		table.heading("Name", "Port", "Protocol")
		for _, port := range slice.Ports {
			name := deref(port.Name)
			if name == "" {
				name = "<unset>"
			}
			table.row(name, or(port.Port, "<unset>"), string(deref(port.Protocol)))
		}
	}
	if len(slice.Endpoints) == 0 {
		w.line("Endpoints: <none>")
	} else {
		endpoints := w.section("Endpoints")
		for _, endpoint := range slice.Endpoints {
			endpoints.endpoint(endpoint)
		}
	}
	w.events(ctx, r, aboutObject("EndpointSlice", slice))
	return nil
}

func (w *writer) endpoint(endpoint discoveryv1.Endpoint) {
	w.field("- Addresses", orNone(strings.Join(endpoint.Addresses, ", ")))
	w = w.in()
	w.section("Conditions").field("Ready", or(endpoint.Conditions.Ready, "<unset>"))
	w.field("Hostname", or(endpoint.Hostname, "<unset>"))
	if endpoint.TargetRef != nil {
		w.fieldf("TargetRef", "%s/%s", endpoint.TargetRef.Kind, endpoint.TargetRef.Name)
	}
	w.field("NodeName", or(endpoint.NodeName, "<unset>"))
	w.field("Zone", or(endpoint.Zone, "<unset>"))
}

// endpointsText lists the first ready endpoints for a port of a service, and
// counts the others. Endpoints without ports, of headless services, are for
// every port.
func endpointsText(slices []*discoveryv1.EndpointSlice, port string) string {
	if len(slices) == 0 {
		return "<none>"
	}
	const most = 3
	var shown []string
	count, more := 0, false
	for _, slice := range slices {
		for _, number := range portNumbers(slice, port) {
			for _, endpoint := range slice.Endpoints {
				more = more || len(shown) == most
				if endpoint.Conditions.Ready != nil && !*endpoint.Conditions.Ready {
					continue
				}
				if !more {
					shown = append(shown, endpointAddress(endpoint, number))
				}
				count++
			}
		}
	}
	text := strings.Join(shown, ",")
	if more {
		text += fmt.Sprintf(" + %d more...", count-most)
	}
	return text
}

// portNumbers are the numbers of the ports of that name; the one port of a
// slice without ports has none (nil).
func portNumbers(slice *discoveryv1.EndpointSlice, name string) []*int32 {
	if len(slice.Ports) == 0 {
		return []*int32{nil}
	}
	var numbers []*int32
	for _, port := range slice.Ports {
		if deref(port.Name) == name {
			number := deref(port.Port)
			numbers = append(numbers, &number)
		}
	}
	return numbers
}

func endpointAddress(endpoint discoveryv1.Endpoint, port *int32) string {
	address := ""
	if len(endpoint.Addresses) > 0 {
		address = endpoint.Addresses[0]
	}
	if port == nil {
		return address
	}
	return net.JoinHostPort(address, fmt.Sprint(*port))
}
