package inprocess

import (
	"net"
	"sync"
)

// listener has one connection to accept. Then it waits until that is closed.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newListener(conn net.Conn) *listener {
	l := &listener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conns <- &accepted{Conn: conn, listener: l}
	return l
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	default:
	}
	<-l.closed
	return nil, net.ErrClosed
}

// Close implements [net.Listener].
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *listener) Addr() net.Addr { return address{} }

// accepted ends its listener when it is closed.
type accepted struct {
	net.Conn
	listener *listener
}

// Close implements [net.Conn].
func (a *accepted) Close() error {
	defer a.listener.Close()
	return a.Conn.Close()
}
