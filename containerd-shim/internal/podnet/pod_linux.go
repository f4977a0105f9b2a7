package podnet

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
)

// podInterface is the name of a pod's interface, as pods expect it.
const podInterface = "eth0"

// gateways are the node's addresses on every pod's link, per family.
var (
	gateway4 = netip.MustParseAddr("169.254.1.1")
	gateway6 = netip.MustParseAddr("fe80::1")
)

// AddPod connects a pod's namespace to the node, with the pod's addresses.
func (n *Node) AddPod(namespace string, ips []netip.Addr) error {
	file, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer file.Close()
	name := hostInterface(namespace)
	err = n.Do(func() error { return n.addLink(name, int(file.Fd()), ips) })
	if err == nil {
		err = netns.Do(netns.Net, namespace, func() error { return configurePod(ips) })
	}
	if err != nil {
		return fmt.Errorf("network of the pod: %w", err)
	}
	return nil
}

// RemovePod disconnects a pod's namespace from the node.
func (n *Node) RemovePod(namespace string) error {
	return n.Do(func() error {
		link, err := netlink.LinkByName(hostInterface(namespace))
		if errors.As(err, new(netlink.LinkNotFoundError)) {
			return nil
		}
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
}

// hostInterface is the name of the node's end of a pod's link: at most 15
// bytes.
func hostInterface(namespace string) string {
	h := fnv.New64a()
	h.Write([]byte(namespace))
	return fmt.Sprintf("veth%011x", h.Sum64()&0xfffffffffff)
}

// addLink makes the link to a pod and routes the pod's addresses to it. It runs
// in the node's namespace.
func (n *Node) addLink(name string, podNamespace int, ips []netip.Addr) error {
	veth := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: name},
		PeerName:      podInterface,
		PeerNamespace: netlink.NsFd(podNamespace),
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("veth: %w", err)
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	for _, gateway := range gatewaysFor(ips) {
		if err := netlink.AddrAdd(link, address(gateway)); err != nil {
			return fmt.Errorf("gateway %s: %w", gateway, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	for _, ip := range ips {
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: single(ip), Scope: unix.RT_SCOPE_LINK, Src: n.source(ip)}
		if err := netlink.RouteAdd(route); err != nil {
			return fmt.Errorf("route to %s: %w", ip, err)
		}
	}
	return nil
}

// source is the node's address that pods of a family see.
func (n *Node) source(pod netip.Addr) net.IP {
	for _, ip := range n.ips {
		if ip.Is4() == pod.Is4() {
			return ip.AsSlice()
		}
	}
	return nil
}

func gatewaysFor(ips []netip.Addr) []netip.Addr {
	var gateways []netip.Addr
	var has4, has6 bool
	for _, ip := range ips {
		if ip.Is4() && !has4 {
			gateways, has4 = append(gateways, gateway4), true
		}
		if ip.Is6() && !has6 {
			gateways, has6 = append(gateways, gateway6), true
		}
	}
	return gateways
}

// configurePod runs in the pod's namespace.
func configurePod(ips []netip.Addr) error {
	if err := setUpByName("lo"); err != nil {
		return err
	}
	if err := setUpByName(podInterface); err != nil {
		return err
	}
	link, err := netlink.LinkByName(podInterface)
	if err != nil {
		return err
	}
	for _, ip := range ips {
		if err := netlink.AddrAdd(link, address(ip)); err != nil {
			return fmt.Errorf("address %s: %w", ip, err)
		}
	}
	for _, gateway := range gatewaysFor(ips) {
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Gw: gateway.AsSlice(), Flags: int(netlink.FLAG_ONLINK)}
		if err := netlink.RouteAdd(route); err != nil {
			return fmt.Errorf("route by %s: %w", gateway, err)
		}
	}
	return nil
}

func setUpByName(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}
