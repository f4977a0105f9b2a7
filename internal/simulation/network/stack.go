package network

import (
	"net/netip"
	"slices"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Stack is the network of a pod, or of a node.
type Stack struct {
	Node      bool           // a node's own: node ports are open on its addresses
	Guard     *process.Guard // what a change of the stack touches; may be nil
	fabric    *Fabric
	addrs     []netip.Addr
	listeners []*Listener
}

// listener is what listens on a port, or nil.
func (s *Stack) listener(key portKey) *Listener {
	for _, l := range s.listeners {
		if l.key == key {
			return l
		}
	}
	return nil
}

type portKey struct {
	protocol string
	port     int
}

// NewStack adds a stack with the given addresses.
func (f *Fabric) NewStack(addrs ...netip.Addr) *Stack {
	s := &Stack{fabric: f, addrs: addrs}
	for _, addr := range addrs {
		f.stacks[addr] = s
	}
	return s
}

// Remove takes the stack off the network: its connections are reset.
func (s *Stack) Remove() {
	s.fabric.Kernel.Touch(s.Guard)
	for _, addr := range s.addrs {
		if s.fabric.stacks[addr] == s {
			delete(s.fabric.stacks, addr)
		}
	}
	s.listeners = nil
}

// Addrs are the addresses of the stack.
func (s *Stack) Addrs() []netip.Addr { return s.addrs }

// Dial connects to an address as a process in the pod would.
func (s *Stack) Dial(protocol string, to netip.AddrPort) (*Conn, *Failure) {
	return s.fabric.Dial(s, protocol, to)
}

// Loopback connects to a port of the stack itself, as port forwarding does.
func (s *Stack) Loopback(protocol string, port int) (*Conn, *Failure) {
	return s.Dial(protocol, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)))
}

// Ports are the ports that something listens on, by protocol and number.
func (s *Stack) Ports() []Port {
	var out []Port
	for _, l := range s.listeners {
		out = append(out, Port{Protocol: l.key.protocol, Port: l.key.port})
	}
	slices.SortFunc(out, func(a, b Port) int {
		if a.Protocol != b.Protocol {
			return len(a.Protocol) - len(b.Protocol)
		}
		return a.Port - b.Port
	})
	return out
}

// CopyNetwork is the stack in a fork.
func (s *Stack) CopyNetwork(c *process.Copier) process.Network { return s.Copy(c) }

// Copy is the stack in a fork.
func (s *Stack) Copy(c *process.Copier) *Stack {
	return process.Copy(c, s, func(fresh *Stack) {
		fresh.fabric = s.fabric.Copy(c)
		for _, addr := range s.addrs {
			fresh.fabric.stacks[addr] = fresh
		}
		if s.listeners == nil {
			return
		}
		fresh.listeners = make([]*Listener, len(s.listeners))
		for i, l := range s.listeners {
			fresh.listeners[i] = l.copy(c)
		}
	})
}

// Listener takes connections to a port: for a process that accepts them, or
// for a handler.
type Listener struct {
	stack   *Stack
	key     portKey
	owner   *process.Process // of the handler
	handler Handler
	queue   []*Conn
	waiters process.Waiters
}

// Listen opens a port for a process that accepts connections.
func (s *Stack) listen(protocol string, port int) (*Listener, error) {
	key := portKey{protocol, port}
	if s.listener(key) != nil {
		return nil, filesystem.EADDRINUSE
	}
	l := &Listener{stack: s, key: key}
	s.listeners = append(s.listeners, l)
	return l, nil
}

// connect makes a connection that has reached the listener.
func (l *Listener) connect(k *process.Kernel, from, asked, target netip.AddrPort) *Conn {
	client := &Conn{local: from, remote: asked}
	server := &Conn{local: target, remote: from, peer: client}
	client.peer = server
	if l.handler != nil {
		server.serve(k, l.owner, l.handler)
		server.served.task.Protect(l.stack.Guard)
		return client
	}
	l.queue = append(l.queue, server)
	l.waiters.Wake()
	return client
}

// Read is not possible on a listener.
func (l *Listener) Read(int) ([]byte, error) { return nil, filesystem.EINVAL }

// Write is not possible on a listener.
func (l *Listener) Write([]byte) (int, error) { return 0, filesystem.EPIPE }

// Readable reports whether a connection waits.
func (l *Listener) Readable() bool { return len(l.queue) > 0 }

// Watch wakes a task when a connection comes.
func (l *Listener) Watch(t *process.Task) { l.waiters.Add(t) }

// Close closes the port and resets the connections that wait.
func (l *Listener) Close() {
	l.stack.listeners = slices.DeleteFunc(l.stack.listeners, func(other *Listener) bool { return other == l })
	for _, conn := range l.queue {
		conn.Close()
	}
	l.queue = nil
}

// CopyFile is the listener in a fork.
func (l *Listener) CopyFile(c *process.Copier) process.File { return l.copy(c) }

func (l *Listener) copy(c *process.Copier) *Listener {
	return process.Copy(c, l, func(fresh *Listener) {
		fresh.stack = l.stack.Copy(c)
		fresh.owner = process.CopyProcess(c, l.owner)
		fresh.waiters = l.waiters.Copy(c)
		fresh.queue = nil
		for _, conn := range l.queue {
			fresh.queue = append(fresh.queue, conn.copy(c))
		}
	})
}
