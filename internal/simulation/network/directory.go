package network

import (
	"net/netip"
	"time"
)

// Directory is what the network knows of the cluster's Services. The control
// plane implements it; answers are those of the current instant.
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

// headless reports whether DNS answers with the endpoints' addresses.
func (s Service) headless() bool { return len(s.ClusterIPs) == 0 && s.ExternalName == "" }

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

// noDirectory is a cluster without Services.
type noDirectory struct{}

func (noDirectory) ServiceByName(string, string) (Service, bool)  { return Service{}, false }
func (noDirectory) ServiceByAddr(netip.Addr) (Service, bool)      { return Service{}, false }
func (noDirectory) ServiceByNodePort(string, int) (Service, bool) { return Service{}, false }
