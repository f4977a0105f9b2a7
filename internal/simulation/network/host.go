package network

import (
	"net/http"
	"net/netip"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Host is a machine in the network that is not simulated itself: one port, and
// a function that answers HTTP requests to it, such as the API server's.
type Host struct {
	Addr netip.AddrPort
	// Certificate gives what it shows: the port speaks TLS. Nil: it speaks HTTP.
	Certificate func() *Certificate
	// Answer answers a request at once. A fork has neither until SetHost.
	Answer func(*Request) Response
}

// Certificate stands for a server's in TLS. There is no cryptography in the
// simulation, but clients check whose certificate it is and who vouches for it.
type Certificate struct {
	Subject, Issuer string
	// Names are the host names and addresses that it is good for.
	Names []string
	// Authority is the PEM certificate of its issuer.
	Authority string
}

// SetHost puts a host on the network, in the place of one that had its address.
// Connections to that go on.
func (f *Fabric) SetHost(h Host) {
	if known := f.hosts[h.Addr.Addr()]; known != nil {
		*known = h
		return
	}
	f.hosts[h.Addr.Addr()] = &h
}

// connect makes a connection that has reached the host.
func (h *Host) connect(k *process.Kernel, from, asked netip.AddrPort) *Conn {
	client := &Conn{local: from, remote: asked}
	if h.Certificate != nil {
		client.certificate = h.Certificate()
	}
	server := &Conn{local: h.Addr, remote: from, peer: client}
	client.peer = server
	server.serve(k, nil, h)
	return client
}

// Handle answers a request.
func (h *Host) Handle(x *Exchange) {
	if x.conn.peer.certificate != nil && !x.conn.peer.secured && len(x.Input) > 0 {
		x.Take(len(x.Input))
		x.Reply([]byte("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"))
		x.Close()
		return
	}
	HTTP(func(_ *process.Process, r *Request) Response {
		if h.Answer == nil {
			return Response{Status: http.StatusServiceUnavailable}
		}
		return h.Answer(r)
	}).Handle(x)
}

func (h *Host) copy(c *process.Copier) *Host {
	return process.Copy(c, h, func(fresh *Host) { fresh.Certificate, fresh.Answer = nil, nil })
}

// Secure starts TLS on a connection that the process has opened, and returns
// the server's certificate; nil: the server does not speak TLS.
func Secure(p *process.Process, fd int) *Certificate {
	return process.Do(p, func() *Certificate {
		conn, ok := p.File(fd).(*Conn)
		if !ok || conn.certificate == nil {
			return nil
		}
		conn.secured = true
		return conn.certificate
	})
}
