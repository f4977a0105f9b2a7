// Package services is what the network of a cluster needs to know of Services
// and their endpoints, read from the store: names, addresses, ports. Simulated
// and real nodes, and the cluster's DNS, see them through it.
package services

import (
	"net/netip"
	"strings"
	"time"
)

// Directory finds Services. Answers are those of the current instant.
type Directory interface {
	// ServiceByName finds a Service.
	ServiceByName(namespace, name string) (Service, bool)
	// ServiceByAddr finds the Service that has a cluster IP, an external IP or
	// a load balancer's address.
	ServiceByAddr(addr netip.Addr) (Service, bool)
	// ServiceByNodePort finds the Service that has a node port.
	ServiceByNodePort(protocol string, port int) (Service, bool)
}

// Service is a Service with its endpoints.
type Service struct {
	Namespace, Name string
	ClusterIPs      []netip.Addr // none if headless or an external name
	ExternalName    string       // for type ExternalName: a DNS name
	Ports           []Port
	Endpoints       []Endpoint
	Affinity        time.Duration // ClientIP affinity's timeout; 0: none
	PublishNotReady bool          // DNS gives addresses that are not ready too
}

// Headless reports whether DNS answers with the endpoints' addresses.
func (s Service) Headless() bool { return len(s.ClusterIPs) == 0 && s.ExternalName == "" }

// Port is a port of a Service.
type Port struct {
	Name     string
	Protocol string // TCP, UDP or SCTP
	Port     int
	NodePort int
}

// Endpoint is an address behind a Service.
type Endpoint struct {
	Addr     netip.Addr
	Hostname string // with the Service's name it makes a DNS name
	Node     string
	Ready    bool
	Ports    []EndpointPort
}

// EndpointPort is where an endpoint listens for a port of the Service.
type EndpointPort struct {
	Name     string // of the Service's port
	Protocol string
	Port     int
}

// Shown are the endpoints that DNS gives for a headless Service.
func (s Service) Shown() []Endpoint {
	var out []Endpoint
	for _, e := range s.Endpoints {
		if e.Ready || s.PublishNotReady {
			out = append(out, e)
		}
	}
	return out
}

// Label is the name of an endpoint below that of its Service.
func (e Endpoint) Label() string {
	if e.Hostname != "" {
		return e.Hostname
	}
	return strings.NewReplacer(".", "-", ":", "-").Replace(e.Addr.String())
}

// None is the directory of a cluster without Services.
type None struct{}

// ServiceByName finds nothing.
func (None) ServiceByName(string, string) (Service, bool) { return Service{}, false }

// ServiceByAddr finds nothing.
func (None) ServiceByAddr(netip.Addr) (Service, bool) { return Service{}, false }

// ServiceByNodePort finds nothing.
func (None) ServiceByNodePort(string, int) (Service, bool) { return Service{}, false }
