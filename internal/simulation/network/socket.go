package network

import (
	"net/netip"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// stackOf is the network of the process's pod.
func stackOf(p *process.Process) *Stack {
	s, _ := p.Space().Network.(*Stack)
	return s
}

// dialed is the outcome of a dial.
type dialed struct {
	fd    int
	err   error
	after time.Duration
}

// Dial connects to an address and returns the descriptor. A limit of 0 waits
// as long as TCP does.
func Dial(p *process.Process, protocol string, to netip.AddrPort, limit time.Duration) (int, error) {
	d := process.Do(p, func() dialed {
		stack := stackOf(p)
		if stack == nil {
			return dialed{err: filesystem.ENETUNREACH}
		}
		conn, failure := stack.Dial(protocol, to)
		if failure != nil {
			return dialed{err: failure.Err, after: failure.After}
		}
		return dialed{fd: p.Install(conn)}
	})
	if d.after > 0 {
		if limit > 0 && limit < d.after {
			d.after, d.err = limit, filesystem.ETIMEDOUT
		}
		if err := p.Sleep(d.after); err != nil {
			return 0, err
		}
	}
	return d.fd, d.err
}

// Echo says whether a host answers to a ping: a pod or a node does, but not
// the address of a Service, behind which kube-proxy forwards ports only.
func Echo(p *process.Process, to netip.Addr) bool {
	return process.Do(p, func() bool {
		stack := stackOf(p)
		return stack != nil && (to.IsLoopback() || stack.fabric.stacks[to] != nil)
	})
}

// Listen opens a port and returns the descriptor.
func Listen(p *process.Process, protocol string, port int) (int, error) {
	d := process.Do(p, func() dialed {
		if port < 1024 && p.Credential().UID != 0 {
			return dialed{err: filesystem.EACCES}
		}
		l, err := stackOf(p).listen(protocol, port)
		if err != nil {
			return dialed{err: err}
		}
		return dialed{fd: p.Install(l)}
	})
	return d.fd, d.err
}

// Accept waits for a connection to a port, and returns its descriptor and
// where it comes from.
func Accept(p *process.Process, fd int) (int, netip.AddrPort, error) {
	type accepted struct {
		fd     int
		remote netip.AddrPort
	}
	a, err := process.Interruptible(p, func() (accepted, error) {
		l, ok := p.File(fd).(*Listener)
		if !ok {
			return accepted{}, filesystem.EINVAL
		}
		if len(l.queue) == 0 {
			l.Watch(p.Task())
			return accepted{}, filesystem.EAGAIN
		}
		conn := l.queue[0]
		l.queue = l.queue[1:]
		return accepted{p.Install(conn), conn.remote}, nil
	})
	return a.fd, a.remote, err
}

// Shutdown tells the other end of a connection that nothing more comes.
func Shutdown(p *process.Process, fd int) {
	process.Do(p, func() struct{} {
		if conn, ok := p.File(fd).(*Conn); ok {
			conn.CloseWrite()
		}
		return struct{}{}
	})
}

// Addrs are the addresses of the process's pod.
func Addrs(p *process.Process) []netip.Addr {
	return process.Do(p, func() []netip.Addr {
		if s := stackOf(p); s != nil {
			return s.addrs
		}
		return nil
	})
}

// Listening are the ports that are open in the process's pod.
func Listening(p *process.Process) []Port {
	return process.Do(p, func() []Port { return stackOf(p).Ports() })
}
