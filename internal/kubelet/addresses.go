package kubelet

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/tidwall/btree"
)

// addresses hands out the pod IPs of a node, each network in turn from its
// lowest address on. An address that has been given back is used again as late
// as possible.
type addresses struct {
	networks []network
}

// network is one of the node's pod CIDRs.
type network struct {
	prefix netip.Prefix
	next   uint64
	used   *btree.Set[uint64]
}

// firstPodOffset leaves out the network's own address and its gateway.
const firstPodOffset = 2

func newAddresses(cidrs []string) (addresses, error) {
	var a addresses
	for _, cidr := range cidrs {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return addresses{}, fmt.Errorf("pod CIDR: %w", err)
		}
		a.networks = append(a.networks, network{prefix: prefix.Masked(), next: firstPodOffset, used: new(btree.Set[uint64])})
	}
	return a, nil
}

// ready reports whether there are networks to take addresses from.
func (a *addresses) ready() bool { return len(a.networks) > 0 }

// take returns an address of each network.
func (a *addresses) take() ([]string, error) {
	ips := make([]string, 0, len(a.networks))
	for i := range a.networks {
		ip, err := a.networks[i].take()
		if err != nil {
			a.giveBack(ips)
			return nil, err
		}
		ips = append(ips, ip.String())
	}
	return ips, nil
}

// giveBack returns addresses of the networks, in their order.
func (a *addresses) giveBack(ips []string) {
	for i, s := range ips {
		if i >= len(a.networks) {
			return
		}
		if ip, err := netip.ParseAddr(s); err == nil {
			a.networks[i].used.Delete(a.networks[i].offset(ip))
		}
	}
}

// reserve marks addresses as taken that a pod has already.
func (a *addresses) reserve(ips []string) {
	for i, s := range ips {
		if ip, err := netip.ParseAddr(s); err == nil && i < len(a.networks) && a.networks[i].prefix.Contains(ip) {
			a.networks[i].used.Insert(a.networks[i].offset(ip))
		}
	}
}

func (a *addresses) fork() addresses {
	c := addresses{networks: append([]network(nil), a.networks...)}
	for i := range c.networks {
		c.networks[i].used = a.networks[i].used.Copy()
	}
	return c
}

// size is the number of offsets, the broadcast address left out.
func (n *network) size() uint64 {
	bits := n.prefix.Addr().BitLen() - n.prefix.Bits()
	if bits > 32 {
		bits = 32
	}
	return uint64(1)<<bits - 1
}

func (n *network) take() (netip.Addr, error) {
	size := n.size()
	for range size {
		offset := n.next
		n.next++
		if n.next >= size {
			n.next = firstPodOffset
		}
		if offset < size && !n.used.Contains(offset) {
			n.used.Insert(offset)
			return n.at(offset), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no IP addresses available in range set: %s-%s", n.at(1), n.at(size-1))
}

// at is the address at an offset of the network.
func (n *network) at(offset uint64) netip.Addr {
	raw := n.prefix.Addr().AsSlice()
	for i := len(raw) - 1; i >= 0 && offset > 0; i-- {
		offset += uint64(raw[i])
		raw[i] = byte(offset)
		offset >>= 8
	}
	ip, _ := netip.AddrFromSlice(raw) // the length fits
	return ip
}

// offset is the inverse of at.
func (n *network) offset(ip netip.Addr) uint64 { return low(ip) - low(n.prefix.Addr()) }

// low is the lower half of an address.
func low(ip netip.Addr) uint64 {
	raw := ip.As16()
	return binary.BigEndian.Uint64(raw[8:])
}
