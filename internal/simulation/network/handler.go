package network

import (
	"net/netip"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Handler answers what comes in on the connections of a port, for daemons. It
// must not change itself: what changes stands in the process's Data, and what
// is left of the input comes again.
type Handler interface {
	Handle(x *Exchange)
}

// Exchange is the state of a connection as its handler sees it.
type Exchange struct {
	Process *process.Process
	Input   []byte // received and not yet taken
	End     bool   // the client sends no more
	Waited  bool   // Later was called before, and that time has passed
	Calls   int    // replies given on this connection before

	conn  *Conn
	taken int
	later time.Duration
	close bool
	out   []byte
}

// Remote is the client's address.
func (x *Exchange) Remote() netip.AddrPort { return x.conn.remote }

// Local is the address that the client reached.
func (x *Exchange) Local() netip.AddrPort { return x.conn.local }

// Take consumes n bytes of the input.
func (x *Exchange) Take(n int) { x.taken += n }

// Reply sends bytes.
func (x *Exchange) Reply(b []byte) { x.out = append(x.out, b...) }

// Later asks for another call after d, with what was not taken.
func (x *Exchange) Later(d time.Duration) { x.later = d }

// Close ends the connection once all is sent.
func (x *Exchange) Close() { x.close = true }

// exchange runs the handler of a connection.
type exchange struct {
	task    process.Task
	conn    *Conn
	owner   *process.Process // nil: a Host
	handler Handler
	calls   int
	until   time.Time // Later's time
	pending []byte    // to send when there is room
	closing bool
}

// serve gives the server's end of a connection to the handler.
func (c *Conn) serve(k *process.Kernel, owner *process.Process, h Handler) {
	c.served = &exchange{conn: c, owner: owner, handler: h}
	c.served.task.Init(k, c.served)
	c.served.task.Wake()
}

// Run sends what waits, and calls the handler as long as it gets on.
func (e *exchange) Run() {
	for {
		if e.owner != nil && e.owner.State() != process.Running {
			e.conn.Close()
		}
		if !e.send() || e.conn.closed || e.owner != nil && e.owner.Stopped() {
			return
		}
		if e.closing {
			e.conn.Close()
			return
		}
		if !e.step() {
			return
		}
	}
}

// send reports whether all that was to send is sent.
func (e *exchange) send() bool {
	for len(e.pending) > 0 {
		n, err := e.conn.Write(e.pending)
		if n == 0 || err != nil {
			if e.conn.peer.closed {
				e.conn.Close()
				e.pending = nil
			}
			return false
		}
		e.pending = e.pending[n:]
	}
	return true
}

// step calls the handler once, and reports whether that changed anything.
func (e *exchange) step() bool {
	now := e.task.Kernel().Now()
	if e.until.After(now) {
		return false
	}
	x := &Exchange{
		Process: e.owner, Input: e.conn.input, End: e.conn.peer.finished || e.conn.peer.closed,
		Waited: !e.until.IsZero(), Calls: e.calls, conn: e.conn,
	}
	e.handler.Handle(x)
	if x.later > 0 {
		e.until = now.Add(x.later)
		e.task.WakeAt(e.until)
		return false
	}
	e.until = time.Time{}
	if x.taken > 0 {
		e.conn.input = e.conn.input[x.taken:]
		e.calls++
	}
	e.pending, e.closing = x.out, x.close || x.End && x.taken == 0
	return x.taken > 0 || len(x.out) > 0 || e.closing
}

// CopyRunner is the exchange in a fork.
func (e *exchange) CopyRunner(c *process.Copier) *process.Task { return &e.copy(c).task }

func (e *exchange) copy(c *process.Copier) *exchange {
	return process.Copy(c, e, func(fresh *exchange) {
		fresh.task = process.CopyTask(c, &e.task, fresh)
		fresh.conn = e.conn.copy(c)
		if host, ok := e.handler.(*Host); ok {
			fresh.handler = host.copy(c)
			return
		}
		fresh.owner = process.CopyProcess(c, e.owner)
	})
}

// Serve opens a port of the process's pod for a daemon.
func Serve(p *process.Process, port int, h Handler) error {
	l, err := stackOf(p).listen("TCP", port)
	if err != nil {
		return err
	}
	l.owner, l.handler = p, h
	p.Install(l)
	return nil
}
