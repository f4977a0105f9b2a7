package podnet_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
	"github.com/kubejig/kubejig/containerd-shim/internal/podnet"
)

var nodeIP = netip.MustParseAddr("172.18.0.2")

func newNode(t *testing.T) *podnet.Node {
	if os.Getuid() != 0 {
		t.Skip("skipped: making network namespaces takes root")
	}
	n, err := podnet.NewNode(filepath.Join(t.TempDir(), "node"), []netip.Addr{nodeIP})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// newPod returns the namespace of a pod with an address.
func newPod(t *testing.T, n *podnet.Node, ips ...string) string {
	dir := filepath.Join(t.TempDir(), "pod")
	require.NoError(t, netns.Create(dir, []netns.Kind{netns.Net}, func() error { return nil }))
	t.Cleanup(func() { require.NoError(t, netns.Remove(dir)) })
	namespace := filepath.Join(dir, "net")
	var addresses []netip.Addr
	for _, ip := range ips {
		addresses = append(addresses, netip.MustParseAddr(ip))
	}
	require.NoError(t, n.AddPod(namespace, addresses))
	return namespace
}

// greet answers every connection to a port in a namespace with the address
// from which it came.
func greet(t *testing.T, namespace, address string) {
	require.NoError(t, netns.Do(netns.Net, namespace, func() error {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				io.WriteString(c, host)
				c.Close()
			}
		}()
		return nil
	}))
}

func TestPodsReachEachOtherAndTheNode(t *testing.T) {
	n := newNode(t)
	a := newPod(t, n, "10.244.0.2", "fd00::2")
	b := newPod(t, n, "10.244.0.3", "fd00::3")
	greet(t, b, ":8080")
	greet(t, b, "127.0.0.1:9090")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()

	require.Equal(t, "172.18.0.2", read(t)(n.Dial(ctx, "tcp", "10.244.0.3:8080")), "the node is seen as itself")
	require.Equal(t, "127.0.0.1", read(t)(podnet.DialLocal(ctx, b, 9090)), "as a port forward reaches it")
	for address, from := range map[string]string{"10.244.0.3:8080": "10.244.0.2", "[fd00::3]:8080": "fd00::2"} {
		require.NoError(t, netns.Do(netns.Net, a, func() error {
			require.Equal(t, from, read(t)(net.Dial("tcp", address)), "a pod is seen as itself")
			return nil
		}))
	}
	require.NoError(t, n.RemovePod(a))
	require.NoError(t, n.RemovePod(a), "again does no harm")
}

func read(t *testing.T) func(net.Conn, error) string {
	return func(c net.Conn, err error) string {
		require.NoError(t, err)
		defer c.Close()
		b, err := io.ReadAll(c)
		require.NoError(t, err)
		return string(b)
	}
}
