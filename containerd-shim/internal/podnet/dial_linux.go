package podnet

import (
	"context"
	"net"
	"strconv"

	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
)

// Dial connects from the node, as the kubelet of a real node would.
func (n *Node) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return dialIn(ctx, n.Namespace(), network, address)
}

// Listen listens on the node, on TCP.
func (n *Node) Listen(address string) (l net.Listener, err error) {
	err = n.Do(func() error {
		l, err = net.Listen("tcp", address)
		return err
	})
	return l, err
}

// ListenPacket listens on the node, on UDP.
func (n *Node) ListenPacket(address string) (c net.PacketConn, err error) {
	err = n.Do(func() error {
		c, err = net.ListenPacket("udp", address)
		return err
	})
	return c, err
}

// DialLocal connects to a port on a pod's own loopback interface.
func DialLocal(ctx context.Context, namespace string, port int32) (net.Conn, error) {
	conn, err := dialIn(ctx, namespace, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		if conn, err6 := dialIn(ctx, namespace, "tcp6", net.JoinHostPort("::1", strconv.Itoa(int(port)))); err6 == nil {
			return conn, nil
		}
	}
	return conn, err
}

// dialIn connects from a network namespace. Names are resolved outside of it,
// and addresses tried one by one, since a dialer's goroutines would not be in
// the namespace.
func dialIn(ctx context.Context, namespace, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	err = netns.Do(netns.Net, namespace, func() error {
		for _, ip := range ips {
			if conn, err = (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(ip, port)); err == nil {
				return nil
			}
		}
		return err
	})
	return conn, err
}
