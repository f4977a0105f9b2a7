package services

import (
	"net/netip"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/store"
)

// Stored is what a store says of Services and of their endpoints, right now. It
// is used within the engine.
type Stored struct{ store *store.Store }

var (
	serviceResource = schema.GroupResource{Resource: "services"}
	sliceResource   = schema.GroupResource{Group: "discovery.k8s.io", Resource: "endpointslices"}
)

const (
	byAddress  = "address"
	byNodePort = "services.nodePort"
	byService  = "service"
)

// In returns the Services in a store.
func In(s *store.Store) Stored {
	s.AddIndex(serviceResource, byAddress, addressesOf)
	s.AddIndex(serviceResource, byNodePort, nodePortsOf)
	s.AddIndex(sliceResource, byService, serviceOf)
	return Stored{s}
}

func addressesOf(obj store.Object, out []string) []string {
	s := obj.(*corev1.Service)
	for _, ip := range s.Spec.ClusterIPs {
		if ip != corev1.ClusterIPNone {
			out = append(out, ip)
		}
	}
	out = append(out, s.Spec.ExternalIPs...)
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if ingress.IP != "" {
			out = append(out, ingress.IP)
		}
	}
	return out
}

func nodePortsOf(obj store.Object, out []string) []string {
	for _, p := range obj.(*corev1.Service).Spec.Ports {
		if p.NodePort != 0 {
			out = append(out, string(p.Protocol)+"/"+strconv.Itoa(int(p.NodePort)))
		}
	}
	return out
}

func serviceOf(obj store.Object, out []string) []string {
	return append(out, obj.GetNamespace()+"/"+obj.GetLabels()[discoveryv1.LabelServiceName])
}

// ServiceByName finds a Service.
func (d Stored) ServiceByName(namespace, name string) (Service, bool) {
	item := d.store.Get(serviceResource, namespace, name)
	if item == nil {
		return Service{}, false
	}
	return d.describe(item.Object.(*corev1.Service)), true
}

// ServiceByAddr finds the Service that has an address.
func (d Stored) ServiceByAddr(addr netip.Addr) (Service, bool) {
	return d.first(byAddress, addr.String())
}

// ServiceByNodePort finds the Service that has a node port.
func (d Stored) ServiceByNodePort(protocol string, port int) (Service, bool) {
	return d.first(byNodePort, protocol+"/"+strconv.Itoa(port))
}

func (d Stored) first(index, value string) (found Service, ok bool) {
	d.store.ScanIndex(serviceResource, index, value, func(item *store.Item) bool {
		found, ok = d.describe(item.Object.(*corev1.Service)), true
		return false
	})
	return found, ok
}

// describe is a Service with its endpoints.
func (d Stored) describe(s *corev1.Service) Service {
	out := Service{Namespace: s.Namespace, Name: s.Name, PublishNotReady: s.Spec.PublishNotReadyAddresses}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		out.ExternalName = s.Spec.ExternalName
		return out
	}
	for _, ip := range s.Spec.ClusterIPs {
		if addr, err := netip.ParseAddr(ip); err == nil {
			out.ClusterIPs = append(out.ClusterIPs, addr)
		}
	}
	if s.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		out.Affinity = time.Duration(corev1.DefaultClientIPServiceAffinitySeconds) * time.Second
		if c := s.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			out.Affinity = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
	}
	for _, p := range s.Spec.Ports {
		out.Ports = append(out.Ports, Port{Name: p.Name, Protocol: string(p.Protocol), Port: int(p.Port), NodePort: int(p.NodePort)})
	}
	d.store.ScanIndex(sliceResource, byService, s.Namespace+"/"+s.Name, func(item *store.Item) bool {
		out.Endpoints = append(out.Endpoints, endpointsOf(item.Object.(*discoveryv1.EndpointSlice))...)
		return true
	})
	return out
}

// endpointsOf are the endpoints of a slice.
func endpointsOf(s *discoveryv1.EndpointSlice) []Endpoint {
	var ports []EndpointPort
	for _, p := range s.Ports {
		port := EndpointPort{Protocol: string(corev1.ProtocolTCP)}
		if p.Name != nil {
			port.Name = *p.Name
		}
		if p.Protocol != nil {
			port.Protocol = string(*p.Protocol)
		}
		if p.Port != nil {
			port.Port = int(*p.Port)
		}
		ports = append(ports, port)
	}
	var out []Endpoint
	for _, e := range s.Endpoints {
		for _, text := range e.Addresses {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				continue
			}
			endpoint := Endpoint{Addr: addr, Ports: ports, Ready: e.Conditions.Ready == nil || *e.Conditions.Ready}
			if e.Hostname != nil {
				endpoint.Hostname = *e.Hostname
			}
			if e.NodeName != nil {
				endpoint.Node = *e.NodeName
			}
			out = append(out, endpoint)
		}
	}
	return out
}

// All are the Services in the order of their names.
func (d Stored) All() []Service {
	var list []Service
	d.store.Scan(serviceResource, "", func(item *store.Item) bool {
		list = append(list, d.describe(item.Object.(*corev1.Service)))
		return true
	})
	return list
}
