package userland

import (
	"net/netip"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
)

// networkCommands are the commands that talk to other machines.
var networkCommands = map[string]command{
	"curl": curl, "dig": dig, "host": hostCommand, "ifconfig": ifconfig, "ip": ipCommand, "nc": nc, "netstat": netstat,
	"nslookup": nslookup, "ping": ping, "redis-cli": redisCLI, "telnet": nc, "wget": wget, "ss": netstat,
}

// dialHost connects to a host by name or address. A limit of 0 waits as long
// as TCP does.
func (t *tool) dialHost(host string, port int, limit time.Duration) (fd int, addr netip.Addr, err error) {
	addrs, err := network.Resolve(t.p, host)
	if err != nil {
		return 0, addr, errResolve
	}
	for _, addr = range addrs {
		if fd, err = network.Dial(t.p, "TCP", netip.AddrPortFrom(addr, uint16(port)), limit); err == nil {
			return fd, addr, nil
		}
	}
	return 0, addr, err
}

// errResolve says that a name has no address.
const errResolve = filesystem.Errno("bad address")

func (t *tool) getentHosts(name string) int {
	addrs, err := network.Resolve(t.p, name)
	if err != nil {
		return 2
	}
	for _, addr := range addrs {
		t.printf("%-15s %s\n", addr, name)
	}
	return 0
}

func ifconfig(t *tool) int {
	for _, addr := range network.Addrs(t.p) {
		t.printf("eth0      Link encap:Ethernet  HWaddr 02:42:00:00:00:01\n          inet addr:%s  Mask:255.255.255.0\n"+
			"          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n", addr)
	}
	t.print("lo        Link encap:Local Loopback\n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n")
	return 0
}

func ipCommand(t *tool) int {
	object := strings.Join(t.args, " ")
	switch {
	case strings.HasPrefix(object, "a"):
		t.print("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n" +
			"    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n")
		for _, addr := range network.Addrs(t.p) {
			t.printf("2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue\n    link/ether 02:42:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"+
				"    inet %s/24 scope global eth0\n       valid_lft forever preferred_lft forever\n", addr)
		}
	case strings.HasPrefix(object, "r"):
		for _, addr := range network.Addrs(t.p) {
			b := addr.As4()
			b[3] = 1
			t.printf("default via %s dev eth0\n", netip.AddrFrom4(b))
		}
	default:
		return t.usage("[OPTIONS] address|route [COMMAND]")
	}
	return 0
}

func netstat(t *tool) int {
	t.print("Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n")
	for _, port := range network.Listening(t.p) {
		t.printf("%-5s      0      0 0.0.0.0:%-15d 0.0.0.0:*               LISTEN\n", strings.ToLower(port.Protocol), port.Port)
	}
	return 0
}
