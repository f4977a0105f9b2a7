// Package container is the pods of the simulated world: sandboxes with their
// network and names, and containers with their processes, files and logs.
//
// A container whose program is a daemon has no coroutine, and no files until
// something looks at them.
package container

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// SandboxConfig is what a pod's containers share.
type SandboxConfig struct {
	ID                   string // "": a random one
	Namespace, Name, UID string
	Hostname             string
	Domain               string       // of the pod's full name; "" without a subdomain
	IPs                  []netip.Addr // none: the node's network
	DNS                  DNS
	HostAliases          []HostAlias
	ShareProcesses       bool // the containers see each other's processes
}

// DNS is what stands in /etc/resolv.conf.
type DNS struct {
	Servers, Searches, Options []string
}

// HostAlias is a line of /etc/hosts.
type HostAlias struct {
	IP        string
	Hostnames []string
}

// Sandbox is a pod.
type Sandbox struct {
	ID      string
	Config  SandboxConfig // immutable
	Stack   *network.Stack
	Machine *process.Machine
	kernel  *process.Kernel

	guard      process.Guard
	containers []*Container   // in the order of their creation
	pause      *process.Space // of the init process that they share, or nil
}

// touch says that the pod is about to change.
func (s *Sandbox) touch() { s.kernel.Touch(&s.guard) }

// Kernel is the kernel of the world that the pod belongs to.
func (s *Sandbox) Kernel() *process.Kernel { return s.kernel }

// Quiet reports whether nothing in the pod goes on by itself, so that a fork
// may copy it later.
func (s *Sandbox) Quiet() bool {
	for _, c := range s.containers {
		if c.starting || len(c.attached) > 0 || c.space != nil && !c.space.Quiet() {
			return false
		}
	}
	return true
}

// Containers are the containers of the pod, in the order of their creation.
func (s *Sandbox) Containers() []*Container { return s.containers }

// NewSandbox makes a pod on a network: a stack of its own if it has addresses,
// else that of the node.
func NewSandbox(id string, config SandboxConfig, fabric *network.Fabric, node *network.Stack, machine *process.Machine) *Sandbox {
	s := &Sandbox{ID: id, Config: config, Stack: node, Machine: machine, kernel: fabric.Kernel}
	s.guard.Owner = s
	if len(config.IPs) > 0 {
		s.Stack = fabric.NewStack(config.IPs...)
		s.Stack.Guard = &s.guard
	}
	s.touch()
	return s
}

// Stop takes the pod off the network, and ends its init process.
func (s *Sandbox) Stop() {
	if s.pause != nil {
		s.pause.Close()
	}
	if len(s.Config.IPs) > 0 {
		s.Stack.Remove()
	}
}

// Copy is the sandbox in a fork.
func (s *Sandbox) Copy(c *process.Copier) *Sandbox {
	return process.Copy(c, s, func(fresh *Sandbox) {
		fresh.kernel = c.Kernel
		fresh.guard = process.Guard{Owner: fresh}
		fresh.Stack = s.Stack.Copy(c)
		if s.Stack.Guard != nil {
			fresh.Stack.Guard = &fresh.guard
		}
		fresh.containers = make([]*Container, len(s.containers))
		for i, old := range s.containers {
			fresh.containers[i] = old.Copy(c)
		}
		if s.pause != nil {
			fresh.pause = s.pause.Copy(c)
		}
	})
}

// hosts is the content of /etc/hosts as a kubelet writes it.
func (s *Sandbox) hosts() string {
	var out strings.Builder
	out.WriteString("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n")
	for _, ip := range s.Config.IPs {
		if s.Config.Domain != "" {
			fmt.Fprintf(&out, "%s\t%s.%s\t%s\n", ip, s.Config.Hostname, s.Config.Domain, s.Config.Hostname)
		} else {
			fmt.Fprintf(&out, "%s\t%s\n", ip, s.Config.Hostname)
		}
	}
	if len(s.Config.HostAliases) > 0 {
		out.WriteString("\n# Entries added by HostAliases.\n")
		for _, alias := range s.Config.HostAliases {
			fmt.Fprintf(&out, "%s\t%s\n", alias.IP, strings.Join(alias.Hostnames, "\t"))
		}
	}
	return out.String()
}

// resolvConf is the content of /etc/resolv.conf.
func (s *Sandbox) resolvConf() string {
	var out strings.Builder
	d := s.Config.DNS
	if len(d.Searches) > 0 {
		fmt.Fprintf(&out, "search %s\n", strings.Join(d.Searches, " "))
	}
	for _, server := range d.Servers {
		fmt.Fprintf(&out, "nameserver %s\n", server)
	}
	if len(d.Options) > 0 {
		fmt.Fprintf(&out, "options %s\n", strings.Join(d.Options, " "))
	}
	return out.String()
}
