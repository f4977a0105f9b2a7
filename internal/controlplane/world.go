package controlplane

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/metrics"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/version"
)

// World is what runs the containers of a cluster's nodes: the simulation, or
// containerd.
type World interface {
	// Runtime is what carries out the commands of a node's kubelet.
	Runtime(node string) kubelet.Runtime
	// Fork returns the world of a forked cluster. Worlds that can't be copied
	// return an error.
	Fork(Host) (World, error)
	// Close ends everything that runs.
	Close()
}

// Host is what a World finds itself in.
type Host struct {
	// Registry is the cluster's API without HTTP, to be used only within Do.
	Registry *registry.Registry
	// Do runs a function with exclusive access to the engine. A world that
	// lives on the loop is there already when it is called.
	Do func(func())
	// Deliver tells the kubelet of a node what has happened. It must be called
	// within Do, or from the loop.
	Deliver func(node string, event kubelet.Event)
	// Ask sends a request to the API server. It must be called within Do, or
	// from the loop.
	Ask func(*http.Request) *http.Response
	// RootCA is the PEM certificate by which pods trust the API server.
	RootCA string
}

// Edge is what those need who serve clients of a world: they are no part of the
// engine, and block.
type Edge struct {
	// Do runs a function with exclusive access to the engine.
	Do func(func())
	// Now is the cluster's time, within Do.
	Now func() time.Time
	// Waiting is told when a client starts (+1) and stops (-1) to wait.
	Waiting func(int)
}

// usage asks the world what containers use, where it can tell.
type usage struct{ *ControlPlane }

// ContainerUsage implements metrics.Source.
func (u usage) ContainerUsage(id string) (cpu float64, memory int64, ok bool) {
	if s, tells := u.world.(metrics.Source); tells {
		return s.ContainerUsage(id)
	}
	return 0, 0, false
}

// usage is what nodes and pods use at present.
func (c *ControlPlane) usage() metrics.Metrics {
	return metrics.Metrics{Client: client.ForUser(c.registry, "metrics-server", "system:serviceaccount:kube-system:metrics-server"), Source: usage{c}}
}

// enter makes a world the cluster's.
func (c *ControlPlane) enter(w World) {
	c.world = w
	if c.options.Streams != nil {
		c.server.Nodes = c.options.Streams(w, Edge{Do: c.Do, Now: c.loop.Now, Waiting: c.Waiting})
	}
}

func (c *ControlPlane) host() Host {
	return Host{
		Registry: c.registry,
		Do:       c.Do,
		Deliver: func(node string, event kubelet.Event) {
			if k := c.fleet.Kubelet(node); k != nil {
				k.Deliver(event)
			}
		},
		Ask:    c.ask(),
		RootCA: c.rootCA(),
	}
}

// ask answers requests that come from within the engine: with the API server,
// to which nobody is an administrator because of where he is.
func (c *ControlPlane) ask() func(*http.Request) *http.Response {
	inside := func(f func()) { f() }
	server := sync.OnceValue(func() *apiserver.Server {
		config := c.serverConfig()
		config.Do, config.Waiting, config.Authentication.Local = inside, nil, nil
		s := apiserver.New(config)
		if c.options.Streams != nil {
			s.Nodes = c.options.Streams(c.world, Edge{Do: inside, Now: c.loop.Now, Waiting: func(int) {}})
		}
		return s
	})
	return func(r *http.Request) *http.Response { return apiserver.Answer(server(), r) }
}

// rootCA is the authority by which pods trust the API server.
func (c *ControlPlane) rootCA() string { return cmp.Or(c.options.RootCA, c.authority.pem) }

// WithKubelet calls f with the kubelet of a node, within the engine; it does
// nothing where the cluster has no such kubelet.
func (c *ControlPlane) WithKubelet(node string, f func(*kubelet.Kubelet)) {
	c.Do(func() {
		if k := c.fleet.Kubelet(node); k != nil {
			f(k)
		}
	})
}

// addNodes starts the kubelets of the cluster's nodes.
func (c *ControlPlane) addNodes() {
	for i, n := range c.options.Nodes {
		c.fleet.Add(c.completed(n, i), c.world.Runtime(n.Name))
	}
}

// simulatedMachine is what nodes tell about themselves unless they know better.
var simulatedMachine = corev1.NodeSystemInfo{
	OperatingSystem: "linux", Architecture: "amd64",
	KernelVersion: "6.12.0", OSImage: "kubejig simulated node",
	ContainerRuntimeVersion: "containerd://2.1.4", KubeletVersion: version.Git,
}

// completed fills in what a simulated node has unless it says otherwise.
func (c *ControlPlane) completed(n kubelet.Config, i int) kubelet.Config {
	if len(n.IPs) == 0 {
		n.IPs = []string{offset(netip.MustParseAddr("192.168.0.0"), i+1).String()}
	}
	if n.Capacity == nil {
		n.Capacity = corev1.ResourceList{
			corev1.ResourceCPU:              resource.MustParse("8"),
			corev1.ResourceMemory:           resource.MustParse("32Gi"),
			corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
			corev1.ResourcePods:             resource.MustParse("110"),
		}
	}
	if n.Info.KubeletVersion == "" {
		n.Info = simulatedMachine
	}
	if n.Port == 0 {
		n.Port = 10250
	}
	if len(n.ClusterDNS) == 0 {
		n.ClusterDNS = []string{c.dnsAddress()}
	}
	if n.ClusterDomain == "" {
		n.ClusterDomain = "cluster.local"
	}
	return n
}

// dnsAddress is the address of the cluster's DNS: the tenth of the range.
func (c *ControlPlane) dnsAddress() string {
	const tenth = 10
	return offset(c.options.ServiceRanges[0].Addr(), tenth).String()
}

// offset is the address n after another.
func offset(a netip.Addr, n int) netip.Addr {
	b := slices.Clone(a.AsSlice())
	for i := len(b) - 1; n > 0; i-- {
		n += int(b[i])
		b[i] = byte(n)
		n >>= 8
	}
	next, _ := netip.AddrFromSlice(b)
	return next
}
