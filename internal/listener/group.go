package listener

import (
	"fmt"
	"net"
	"strconv"
	"sync"
)

// Group is the listeners of one cluster. The zero value is one without any.
type Group struct {
	lock   sync.Mutex
	closed bool
	open   []*Listener
}

// Loopback is the address of a port that only this machine reaches, 0 for a free
// one.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Listen serves a cluster on a TCP address, as net.Listen knows them, until
// Close.
func (g *Group) Listen(address string, o Options) (*Listener, error) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.closed {
		return nil, fmt.Errorf("serve cluster %s: the cluster is closed", o.Name)
	}
	socket, err := net.Listen("tcp", address)
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
