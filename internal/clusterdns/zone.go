// Package clusterdns answers as the DNS of a cluster does: CoreDNS with its
// kubernetes plugin; see
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/. It
// knows no sockets and no wire format.
package clusterdns

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubejig/kubejig/internal/services"
)

// Zone is the names of a cluster.
type Zone struct {
	Domain   string // such as cluster.local
	Services services.Directory
}

// RecordType is the type of a DNS record.
type RecordType string

// The record types that are answered.
const (
	A     RecordType = "A"
	AAAA  RecordType = "AAAA"
	CNAME RecordType = "CNAME"
	SRV   RecordType = "SRV"
	PTR   RecordType = "PTR"
)

// Record is one DNS record.
type Record struct {
	Name   string // without the final dot
	Type   RecordType
	Addr   netip.Addr // A, AAAA
	Target string     // CNAME, SRV, PTR
	Port   int        // SRV
	Weight int        // SRV
}

// ResponseCode is how a DNS server answers.
type ResponseCode string

// The response codes.
const (
	NoError  ResponseCode = "NOERROR"
	NXDomain ResponseCode = "NXDOMAIN"
	ServFail ResponseCode = "SERVFAIL"
)

// Answer is what a DNS server says. NoError without records means that the
// name exists, but has none of that type.
type Answer struct {
	Code    ResponseCode
	Records []Record
}

// maxAliases is how many CNAMEs may follow each other.
const maxAliases = 8

// Query answers as the cluster's DNS does (CoreDNS with the kubernetes plugin).
func (z Zone) Query(name string, kind RecordType) Answer {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	var out Answer
	for range maxAliases {
		a := z.lookup(name, kind)
		out.Code = a.Code
		out.Records = append(out.Records, a.Records...)
		last := len(a.Records) - 1
		if last < 0 || a.Records[last].Type != CNAME || kind == CNAME {
			return out
		}
		name = a.Records[last].Target
	}
	return out
}

func (z Zone) lookup(name string, kind RecordType) Answer {
	if strings.HasSuffix(name, ".in-addr.arpa") || strings.HasSuffix(name, ".ip6.arpa") {
		return z.reverse(name, kind)
	}
	inside, ok := strings.CutSuffix(name, "."+z.Domain)
	if !ok {
		if name == z.Domain {
			return Answer{Code: NoError}
		}
		return Answer{Code: NXDomain}
	}
	labels := strings.Split(inside, ".")
	switch zone := labels[len(labels)-1]; {
	case zone == "svc" && len(labels) >= 3:
		return z.serviceRecords(name, labels[:len(labels)-1], kind)
	case zone == "pod" && len(labels) == 3:
		return podRecord(name, labels[0], kind)
	case zone == "svc" || zone == "pod":
		return Answer{Code: NoError}
	}
	return Answer{Code: NXDomain}
}

// podRecord answers 10-0-0-1.namespace.pod.
func podRecord(name, label string, kind RecordType) Answer {
	addr, err := netip.ParseAddr(strings.ReplaceAll(label, "-", "."))
	if err != nil {
		addr, err = netip.ParseAddr(strings.ReplaceAll(label, "-", ":"))
	}
	if err != nil {
		return Answer{Code: NXDomain}
	}
	return Answer{Code: NoError, Records: addresses(name, []netip.Addr{addr}, kind)}
}

// addresses are the A or AAAA records of a name.
func addresses(name string, addrs []netip.Addr, kind RecordType) []Record {
	var out []Record
	for _, addr := range addrs {
		if kind == A && addr.Is4() || kind == AAAA && addr.Is6() {
			out = append(out, Record{Name: name, Type: kind, Addr: addr})
		}
	}
	return out
}

// serviceRecords answers names below svc: labels end with the Service's name
// and namespace.
func (z Zone) serviceRecords(name string, labels []string, kind RecordType) Answer {
	n := len(labels)
	service, ok := z.Services.ServiceByName(labels[n-1], labels[n-2])
	if !ok {
		return Answer{Code: NXDomain}
	}
	base := strings.Join(labels[n-2:], ".") + ".svc." + z.Domain
	switch {
	case service.ExternalName != "" && n == 2:
		return Answer{Code: NoError, Records: []Record{{Name: name, Type: CNAME, Target: strings.TrimSuffix(service.ExternalName, ".")}}}
	case n == 2:
		return z.wholeService(name, base, service, kind)
	case n == 3 && !strings.HasPrefix(labels[0], "_"):
		return endpointRecords(name, labels[0], service, kind)
	case n == 4 && strings.HasPrefix(labels[0], "_") && strings.HasPrefix(labels[1], "_"):
		return portRecords(name, base, service, labels[0][1:], labels[1][1:], kind)
	}
	return Answer{Code: NXDomain}
}

// wholeService answers the name of a Service itself.
func (z Zone) wholeService(name, base string, service services.Service, kind RecordType) Answer {
	if kind == SRV {
		return portRecords(name, base, service, "", "", kind)
	}
	if !service.Headless() {
		return Answer{Code: NoError, Records: addresses(name, service.ClusterIPs, kind)}
	}
	shown := service.Shown()
	if len(shown) == 0 {
		return Answer{Code: NXDomain}
	}
	var addrs []netip.Addr
	for _, e := range shown {
		addrs = append(addrs, e.Addr)
	}
	return Answer{Code: NoError, Records: addresses(name, addrs, kind)}
}

// endpointRecords answers the name of one endpoint of a headless Service.
func endpointRecords(name, label string, service services.Service, kind RecordType) Answer {
	var addrs []netip.Addr
	for _, e := range service.Shown() {
		if service.Headless() && e.Label() == label {
			addrs = append(addrs, e.Addr)
		}
	}
	if len(addrs) == 0 {
		return Answer{Code: NXDomain}
	}
	return Answer{Code: NoError, Records: addresses(name, addrs, kind)}
}

// portRecords answers _port._protocol; empty ones stand for all.
func portRecords(name, base string, service services.Service, port, protocol string, kind RecordType) Answer {
	var out []Record
	for _, p := range service.Ports {
		if port != "" && (p.Name != port || !strings.EqualFold(p.Protocol, protocol)) {
			continue
		}
		if !service.Headless() {
			out = append(out, Record{Name: name, Type: SRV, Target: base, Port: p.Port, Weight: 100})
			continue
		}
		out = append(out, headlessPorts(name, base, service, p)...)
	}
	switch {
	case len(out) == 0:
		return Answer{Code: NXDomain}
	case kind != SRV:
		return Answer{Code: NoError}
	}
	for i := range out {
		out[i].Weight = 100 / len(out)
	}
	return Answer{Code: NoError, Records: out}
}

func headlessPorts(name, base string, service services.Service, port services.Port) []Record {
	var out []Record
	for _, e := range service.Shown() {
		for _, p := range e.Ports {
			if p.Name == port.Name && p.Protocol == port.Protocol {
				out = append(out, Record{Name: name, Type: SRV, Target: e.Label() + "." + base, Port: p.Port})
			}
		}
	}
	return out
}

// reverse answers the name of an address: a Service's cluster IP.
func (z Zone) reverse(name string, kind RecordType) Answer {
	addr, ok := arpaAddr(name)
	if !ok {
		return Answer{Code: NXDomain}
	}
	service, ok := z.Services.ServiceByAddr(addr)
	if !ok {
		return Answer{Code: NXDomain}
	}
	if kind != PTR {
		return Answer{Code: NoError}
	}
	target := fmt.Sprintf("%s.%s.svc.%s", service.Name, service.Namespace, z.Domain)
	return Answer{Code: NoError, Records: []Record{{Name: name, Type: PTR, Target: target}}}
}

// arpaAddr reads the address in 1.0.96.10.in-addr.arpa.
func arpaAddr(name string) (netip.Addr, bool) {
	digits, ok := strings.CutSuffix(name, ".in-addr.arpa")
	if !ok {
		return netip.Addr{}, false
	}
	parts := strings.Split(digits, ".")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	addr, err := netip.ParseAddr(strings.Join(parts, "."))
	return addr, err == nil
}

// ArpaName is the name under which the name of an address is found.
func ArpaName(addr netip.Addr) string {
	if addr.Is4() {
		b := addr.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}
	var out strings.Builder
	b := addr.As16()
	for i := len(b) - 1; i >= 0; i-- {
		fmt.Fprintf(&out, "%x.%x.", b[i]&0xf, b[i]>>4)
	}
	return out.String() + "ip6.arpa"
}
