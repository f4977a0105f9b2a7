package inprocess

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipe returns the two ends of a connection within the process. Unlike those
// of net.Pipe, its writes don't wait for a reader: protocols in which both
// sides speak at once would lock up.
func pipe() (client, server net.Conn) {
	a, b := newHalf(), newHalf()
	return &end{in: a, out: b}, &end{in: b, out: a}
}

// capacity is how many bytes a half holds until its writer waits.
const capacity = 1 << 20

// half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	changed *sync.Cond
	data    []byte
	closed  bool // by the writer: what is left can be read
	broken  bool // by the reader: nothing can be written
	readBy  deadline
	writeBy deadline
}

func newHalf() *half {
	h := &half{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

// deadline is when waiting ends.
type deadline struct {
	passed bool
	timer  *time.Timer
}

func (h *half) setDeadline(d *deadline, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer, d.passed = nil, !t.IsZero() && !t.After(time.Now())
	if !t.IsZero() && !d.passed {
		d.timer = time.AfterFunc(time.Until(t), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			d.passed = true
			h.changed.Broadcast()
		})
	}
	h.changed.Broadcast()
}

func (h *half) read(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.data) == 0 {
		switch {
		case h.broken:
			return 0, net.ErrClosed
		case h.closed:
			return 0, io.EOF
		case h.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		}
		h.changed.Wait()
	}
	n := copy(b, h.data)
	h.data = h.data[n:]
	h.changed.Broadcast()
	return n, nil
}

func (h *half) write(b []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(b) > 0 {
		switch {
		case h.closed:
			return n, net.ErrClosed
		case h.broken:
			return n, io.ErrClosedPipe
		case h.writeBy.passed:
			return n, os.ErrDeadlineExceeded
		case len(h.data) == capacity:
			h.changed.Wait()
			continue
		}
		m := min(len(b), capacity-len(h.data))
		h.data = append(h.data, b[:m]...)
		b, n = b[m:], n+m
		h.changed.Broadcast()
	}
	return n, nil
}

func (h *half) close(reader bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if reader {
		h.broken, h.data = true, nil
	} else {
		h.closed = true
	}
	for _, d := range []*deadline{&h.readBy, &h.writeBy} {
		if d.timer != nil && h.closed && h.broken {
			d.timer.Stop()
		}
	}
	h.changed.Broadcast()
}

// end is one end of a connection. It implements [net.Conn].
type end struct{ in, out *half }

func (e *end) Read(b []byte) (int, error)  { return e.in.read(b) }
func (e *end) Write(b []byte) (int, error) { return e.out.write(b) }

func (e *end) Close() error {
	e.out.close(false)
	e.in.close(true)
	return nil
}

func (e *end) LocalAddr() net.Addr  { return address{} }
func (e *end) RemoteAddr() net.Addr { return address{} }

func (e *end) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readBy, t)
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.setDeadline(&e.out.writeBy, t)
	return nil
}

type address struct{}

func (address) Network() string { return "inprocess" }
func (address) String() string  { return "inprocess" }
