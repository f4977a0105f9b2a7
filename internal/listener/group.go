package listener

import (
	"fmt"
	"net"
	"sync"
)

// Group is the listeners of one cluster. The zero value is one without any.
type Group struct {
	lock   sync.Mutex
	closed bool
	open   []*Listener
}

// Listen serves a cluster on a loopback port, 0 for a free one, until Close.
func (g *Group) Listen(port int, o Options) (*Listener, error) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.closed {
		return nil, fmt.Errorf("serve cluster %s: the cluster is closed", o.Name)
	}
	socket, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("serve cluster %s: %w", o.Name, err)
	}
	l, err := Serve(socket, o)
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("serve cluster %s: %w", o.Name, err)
	}
	g.open = append(g.open, l)
	return l, nil
}

// Close closes the listeners, and lets nobody open others.
func (g *Group) Close() {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.closed = true
	for _, l := range g.open {
		l.Close()
	}
}
