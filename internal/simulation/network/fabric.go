// Package network is the network between simulated pods: addresses, listeners,
// connections, Services and DNS. A connection is two buffers; nothing takes
// time but what is refused by nobody.
//
// It learns about Services through the Directory alone, and touches no real
// network.
package network

import (
	"maps"
	"net/netip"
	"time"

	"github.com/kubejig/kubejig/internal/services"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Fabric connects the stacks of a world.
type Fabric struct {
	Kernel    *process.Kernel
	DNS       netip.Addr // where cluster DNS answers
	Domain    string     // such as cluster.local
	directory Directory
	stacks    map[netip.Addr]*Stack
	hosts     map[netip.Addr]*Host
	turns     map[string]int // whose turn it is among a Service's endpoints
	sticky    map[client]choice
	conns     int
	adopt     func(g *process.Guard)
}

// OnMissing says how a fork gets the copy of a stack that it lacks.
func (f *Fabric) OnMissing(adopt func(g *process.Guard)) { f.adopt = adopt }

// stack is the stack at an address, about to be changed; nil if there is none.
func (f *Fabric) stack(addr netip.Addr) *Stack {
	s := f.stacks[addr]
	if s != nil && s.fabric != f {
		f.adopt(s.Guard)
		s = f.stacks[addr]
	}
	if s != nil {
		f.Kernel.Touch(s.Guard)
	}
	return s
}

// client is who talks to a port of a Service.
type client struct {
	service string
	addr    netip.Addr
}

// choice is the endpoint that a client sticks to.
type choice struct {
	addr  netip.AddrPort
	until time.Time
}

// NewFabric returns a network without stacks. A nil directory knows no
// Services.
func NewFabric(k *process.Kernel, d Directory) *Fabric {
	f := &Fabric{
		Kernel: k, DNS: netip.MustParseAddr("10.96.0.10"), Domain: "cluster.local",
		stacks: map[netip.Addr]*Stack{}, hosts: map[netip.Addr]*Host{}, turns: map[string]int{}, sticky: map[client]choice{},
	}
	f.SetDirectory(d)
	return f
}

// SetDirectory says where Services are found.
func (f *Fabric) SetDirectory(d Directory) {
	if f.directory = d; d == nil {
		f.directory = services.None{}
	}
}

// How long a client waits in vain.
const (
	unreachableAfter = 3 * time.Second
	timeoutAfter     = 127 * time.Second
)

// Failure is why a connection does not come about.
type Failure struct {
	Err   error
	After time.Duration // how long the client waits before it knows
}

// Dial connects a stack to an address, which may be that of a Service. The
// zero stack dials from outside the cluster.
func (f *Fabric) Dial(from *Stack, protocol string, to netip.AddrPort) (*Conn, *Failure) {
	source := netip.AddrFrom4([4]byte{192, 0, 2, 1})
	if from != nil && len(from.addrs) > 0 {
		source = from.addrs[0]
	}
	target, failure := f.translate(source, protocol, to)
	if failure != nil {
		return nil, failure
	}
	if host := f.hosts[target.Addr()]; host != nil {
		if host.Addr != target || protocol != "TCP" {
			return nil, &Failure{Err: filesystem.ECONNREFUSED}
		}
		return host.connect(f.Kernel, f.port(source), to), nil
	}
	stack := f.stack(target.Addr())
	if target.Addr().IsLoopback() {
		stack, source = from, target.Addr()
	}
	if stack == nil {
		return nil, f.unreachable(target.Addr())
	}
	listener := stack.listener(portKey{protocol, int(target.Port())})
	if listener == nil {
		return nil, &Failure{Err: filesystem.ECONNREFUSED}
	}
	return listener.connect(f.Kernel, f.port(source), to, target), nil
}

// port is the client's end of a new connection.
func (f *Fabric) port(source netip.Addr) netip.AddrPort {
	f.conns++
	return netip.AddrPortFrom(source, uint16(32768+f.conns%28000))
}

// unreachable is the failure for an address that no stack has: one of the
// cluster's is known to be gone, one outside never answers.
func (f *Fabric) unreachable(addr netip.Addr) *Failure {
	if addr.IsPrivate() {
		return &Failure{Err: filesystem.EHOSTUNREACH, After: unreachableAfter}
	}
	return &Failure{Err: filesystem.ETIMEDOUT, After: timeoutAfter}
}

// translate does what kube-proxy does: it turns the address of a Service into
// that of one of its endpoints.
func (f *Fabric) translate(source netip.Addr, protocol string, to netip.AddrPort) (netip.AddrPort, *Failure) {
	port := int(to.Port())
	service, ok := f.directory.ServiceByAddr(to.Addr())
	if ok {
		for _, p := range service.Ports {
			if p.Port == port && p.Protocol == protocol {
				return f.endpoint(source, service, p)
			}
		}
		return to, &Failure{Err: filesystem.ECONNREFUSED}
	}
	if stack := f.stack(to.Addr()); stack != nil && stack.Node && stack.listener(portKey{protocol, port}) == nil {
		if service, ok := f.directory.ServiceByNodePort(protocol, port); ok {
			for _, p := range service.Ports {
				if p.NodePort == port && p.Protocol == protocol {
					return f.endpoint(source, service, p)
				}
			}
		}
	}
	return to, nil
}

// endpoint chooses the endpoint for a connection: the one that the client
// sticks to, or the next in turn.
func (f *Fabric) endpoint(source netip.Addr, service Service, port Port) (netip.AddrPort, *Failure) {
	var ready []netip.AddrPort
	for _, e := range service.Endpoints {
		for _, p := range e.Ports {
			if e.Ready && p.Name == port.Name && p.Protocol == port.Protocol {
				ready = append(ready, netip.AddrPortFrom(e.Addr, uint16(p.Port)))
			}
		}
	}
	if len(ready) == 0 {
		return netip.AddrPort{}, &Failure{Err: filesystem.ECONNREFUSED}
	}
	name := service.Namespace + "/" + service.Name + ":" + port.Name
	who := client{name, source}
	now := f.Kernel.Now()
	if chosen, ok := f.sticky[who]; ok && service.Affinity > 0 && chosen.until.After(now) {
		for _, addr := range ready {
			if addr == chosen.addr {
				f.sticky[who] = choice{addr, now.Add(service.Affinity)}
				return addr, nil
			}
		}
	}
	addr := ready[f.turns[name]%len(ready)]
	f.turns[name]++
	if service.Affinity > 0 {
		f.sticky[who] = choice{addr, now.Add(service.Affinity)}
	}
	return addr, nil
}

// Copy is the network in a fork. Its directory must be set; stacks that are not
// copied by themselves stay those of the original until they are asked for
// (see OnMissing).
func (f *Fabric) Copy(c *process.Copier) *Fabric {
	return process.Copy(c, f, func(fresh *Fabric) {
		fresh.Kernel = c.Kernel
		fresh.turns = maps.Clone(f.turns)
		fresh.sticky = maps.Clone(f.sticky)
		fresh.directory = services.None{}
		fresh.adopt = nil
		fresh.stacks = maps.Clone(f.stacks)
		fresh.hosts = make(map[netip.Addr]*Host, len(f.hosts))
		for addr, host := range f.hosts {
			fresh.hosts[addr] = host.copy(c)
		}
	})
}
