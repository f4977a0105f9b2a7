package podnet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
)

// Node is the network of a node.
type Node struct {
	// dir holds the node's namespace.
	dir string
	ips []netip.Addr
}

// sysctls make a router of the node.
var sysctls = []string{
	"/proc/sys/net/ipv4/ip_forward",
	"/proc/sys/net/ipv6/conf/all/forwarding",
}

// NewNode makes the network of a node with the given addresses. dir is where
// its namespace is kept, and must not exist.
func NewNode(dir string, ips []netip.Addr) (*Node, error) {
	n := &Node{dir: dir, ips: ips}
	if err := netns.Create(dir, []netns.Kind{netns.Net}, n.setUp); err != nil {
		return nil, fmt.Errorf("network of the node: %w", err)
	}
	return n, nil
}

// setUp runs in the node's namespace.
func (n *Node) setUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	for _, ip := range n.ips {
		if err := netlink.AddrAdd(lo, address(ip)); err != nil {
			return fmt.Errorf("address %s: %w", ip, err)
		}
	}
	for _, file := range sysctls {
		err := os.WriteFile(file, []byte("1"), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without IPv6
			return err
		}
	}
	return netlink.LinkSetUp(lo)
}

// Namespace is the file of the node's network namespace.
func (n *Node) Namespace() string { return filepath.Join(n.dir, string(netns.Net)) }

// Close takes the network away. Connections of pods that still run are cut.
func (n *Node) Close() error { return netns.Remove(n.dir) }

// Do runs f in the node's network.
func (n *Node) Do(f func() error) error { return netns.Do(netns.Net, n.Namespace(), f) }

// address is a single address without a network.
func address(ip netip.Addr) *netlink.Addr {
	a := &netlink.Addr{IPNet: single(ip)}
	if ip.Is6() {
		a.Flags = unix.IFA_F_NODAD // usable at once
	}
	return a
}

func single(ip netip.Addr) *net.IPNet {
	return &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(ip.BitLen(), ip.BitLen())}
}
