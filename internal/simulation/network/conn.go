package network

import (
	"net/netip"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// window is how many bytes wait for a reader before the writer does.
const window = 256 << 10

// Conn is one end of a connection.
type Conn struct {
	local, remote netip.AddrPort
	peer          *Conn
	input         []byte // written by the peer, not yet read
	finished      bool   // this end writes no more
	closed        bool
	waiters       process.Waiters
	notify        func()       // of an end outside the world
	served        *exchange    // this end is served by a handler
	certificate   *Certificate // what the other end shows if TLS is started
	secured       bool         // this end has started TLS
}

// Local and Remote are the addresses of the ends, as this end sees them.
func (c *Conn) Local() netip.AddrPort { return c.local }

// Remote is the address of the other end.
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// Notify calls f when reading or writing may have become possible, for ends
// outside the world. A fork does not inherit it.
func (c *Conn) Notify(f func()) { c.notify = f }

func (c *Conn) change() {
	c.waiters.Wake()
	if c.notify != nil {
		c.notify()
	}
	if c.served != nil {
		c.served.task.Wake()
	}
}

// Read returns up to n bytes; none and no error at the end of the stream, and
// filesystem.EAGAIN when there is nothing yet.
func (c *Conn) Read(n int) ([]byte, error) {
	if len(c.input) > 0 {
		n = min(n, len(c.input))
		out := c.input[:n:n]
		if c.input = c.input[n:]; len(c.input) == 0 {
			c.input = nil
		}
		c.peer.change()
		return out, nil
	}
	if c.closed || c.peer.finished || c.peer.closed {
		return nil, nil
	}
	return nil, filesystem.EAGAIN
}

// Write sends some of b.
func (c *Conn) Write(b []byte) (int, error) {
	if c.closed || c.finished || c.peer.closed {
		return 0, filesystem.EPIPE
	}
	n := min(len(b), window-len(c.peer.input))
	if n == 0 && len(b) > 0 {
		return 0, filesystem.EAGAIN
	}
	c.peer.input = append(c.peer.input, b[:n]...)
	c.peer.change()
	return n, nil
}

// CloseWrite tells the peer that nothing more comes.
func (c *Conn) CloseWrite() {
	c.finished = true
	c.peer.change()
}

// Close ends the connection.
func (c *Conn) Close() {
	if c.closed {
		return
	}
	c.closed, c.finished = true, true
	c.peer.change()
}

// Closed reports whether the peer has closed the connection and all it sent
// was read.
func (c *Conn) Closed() bool { return c.closed || c.peer.closed && len(c.input) == 0 }

// Readable reports whether Read does not have to wait.
func (c *Conn) Readable() bool {
	return len(c.input) > 0 || c.closed || c.peer.finished || c.peer.closed
}

// Watch wakes a task when something changes.
func (c *Conn) Watch(t *process.Task) { c.waiters.Add(t) }

// CopyFile is the end in a fork.
func (c *Conn) CopyFile(copier *process.Copier) process.File { return c.copy(copier) }

func (c *Conn) copy(copier *process.Copier) *Conn {
	return process.Copy(copier, c, func(fresh *Conn) {
		fresh.input = c.input[:len(c.input):len(c.input)]
		c.input = fresh.input
		fresh.peer = c.peer.copy(copier)
		fresh.waiters = c.waiters.Copy(copier)
		fresh.served = c.served.copy(copier)
		if c.notify != nil {
			fresh.notify = nil
			fresh.closed, fresh.finished = true, true
			copier.Then(c.local.String()+" "+c.remote.String(), func() { fresh.peer.change() })
		}
	})
}
