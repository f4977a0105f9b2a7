// Package node lets kubelets run their pods in a simulated world: it carries
// out their commands there, and tells them what comes of these and what happens
// by itself.
//
// It is part of the engine: a World is driven by the cluster's loop and is
// forked with it. Clients' streams are no business of its.
package node

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tidwall/btree"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/services"
	"github.com/kubejig/kubejig/internal/simulation"
	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/store"
)

// Options say what a simulated world is like.
type Options struct {
	Seed uint64
	// Catalog knows the images; nil for the built-in ones.
	Catalog *image.Catalog
	// DNS is where the cluster's DNS answers, by default 10.96.0.10, and
	// Domain what it is about, by default cluster.local.
	DNS    netip.Addr
	Domain string
	// Token issues service account tokens for the files of pods, to be signed
	// when they are read; nil leaves these files out.
	Token func(controlplane.Host, kubelet.Token) (sign func() []byte, err error)
	// APIServer is where the API server answers in the network; the zero value:
	// nowhere.
	APIServer netip.AddrPort
}

// World is a simulated world as the kubelets of one cluster use it. It
// implements controlplane.World.
type World struct {
	options Options
	host    controlplane.Host
	world   *simulation.World
	id      loop.ID

	// pods and containers are what the kubelets have asked for.
	pods       *btree.Map[types.UID, pod]
	containers *btree.Map[string, *container]
	// pulls are the pods that wait for an image, by node and image.
	pulls *btree.Map[string, []types.UID]
	// checks are the probes and hooks under way, by token.
	checks *btree.Map[string, *check]
	// nodes are those whose kubelets use the world.
	nodes map[string]bool
	// news is what has happened while a command was carried out.
	news []news
}

// pod is a pod that a kubelet runs.
type pod struct {
	node    string
	sandbox string
	// ephemeral are the volumes that go with the pod; paths are those on the
	// node, by volume.
	ephemeral []string
	volumes   *btree.Map[string, volume]
}

// container is a container that a kubelet has started. It never changes, so that
// forks share it.
type container struct {
	node   string
	config kubelet.Container
}

// news is an event on its way to a kubelet.
type news struct {
	node  string
	event kubelet.Event
}

var (
	nodeResource    = schema.GroupResource{Resource: "nodes"}
	serviceResource = schema.GroupResource{Resource: "services"}
)

// New returns a function that makes the world of a cluster.
func New(o Options) func(controlplane.Host) controlplane.World {
	return func(h controlplane.Host) controlplane.World {
		w := newWorld(o, h)
		w.world = simulation.New(simulation.Options{
			Clock: clock{w}, Seed: o.Seed, Catalog: o.Catalog, DNS: o.DNS, Domain: o.Domain,
			Directory: services.In(h.Registry.Store), Observer: observer{w},
		})
		w.connectAPIServer()
		return w
	}
}

func newWorld(o Options, h controlplane.Host) *World {
	w := &World{
		options: o, host: h, nodes: map[string]bool{},
		pods: new(btree.Map[types.UID, pod]), containers: new(btree.Map[string, *container]),
		pulls: new(btree.Map[string, []types.UID]), checks: new(btree.Map[string, *check]),
	}
	w.id = h.Registry.Loop.Register(w)
	h.Registry.Store.Follow(nodeResource, w.nodeChanged)
	return w
}

// nodeChanged puts a node's machine on the network as soon as the Node has an
// address: its node ports answer before the first pod comes.
func (w *World) nodeChanged(ev store.Event) {
	node := ev.Item.Object.(*corev1.Node)
	if ev.Type != store.Deleted && w.nodes[node.Name] && len(node.Status.Addresses) > 0 {
		w.machine(node.Name)
	}
}

// Simulation is the world itself.
func (w *World) Simulation() *simulation.World { return w.world }

// ContainerUsage is what a container uses that runs: cores and bytes.
func (w *World) ContainerUsage(id string) (cpu float64, memory int64, ok bool) {
	c := w.world.Container(id)
	if c == nil {
		return 0, 0, false
	}
	u := c.Usage()
	return u.CPU, u.Memory, true
}

// Runtime is what carries out the commands of a node's kubelet.
func (w *World) Runtime(node string) kubelet.Runtime {
	w.nodes[node] = true
	return runtime{w, node}
}

// Fork returns the world of a forked cluster.
func (w *World) Fork(h controlplane.Host) (controlplane.World, error) {
	f := newWorld(w.options, h)
	f.pods, f.containers, f.pulls = w.pods.Copy(), w.containers.Copy(), w.pulls.Copy()
	f.news = slices.Clone(w.news)
	f.world = w.world.Fork(simulation.ForkOptions{
		Clock: clock{f}, Directory: services.In(h.Registry.Store), Observer: observer{f},
	})
	f.connectAPIServer()
	f.repeatChecks(w.checks)
	return f, nil
}

// Close ends everything that runs. Clients may still hold on to it.
func (w *World) Close() { w.host.Do(w.world.Close) }

// Keys of the world's work in the loop. All others are tokens of checks.
var (
	runKey  = loop.Key{Name: "run"}
	newsKey = loop.Key{Name: "news"}
)

// Handle lets the world run, tells kubelets the news, or ends a check whose
// time is over.
func (w *World) Handle(key loop.Key) {
	switch key {
	case runKey:
		w.world.Run()
	case newsKey:
		list := w.news
		w.news = nil
		for _, n := range list {
			w.host.Deliver(n.node, n.event)
		}
	default:
		w.expire(key.Name)
	}
}

// tell lets a kubelet know, after the command that it is just giving.
func (w *World) tell(node string, event kubelet.Event) {
	w.news = append(w.news, news{node, event})
	w.loop().Enqueue(w.id, newsKey)
}

func (w *World) loop() *loop.Loop { return w.host.Registry.Loop }

// machine is the simulated machine of a node, made of what the Node says when
// it is used first.
func (w *World) machine(name string) *simulation.Node {
	if m := w.world.Node(name); m != nil {
		return m
	}
	config := simulation.NodeConfig{Name: name}
	if item := w.host.Registry.Store.Get(nodeResource, "", name); item != nil {
		status := &item.Object.(*corev1.Node).Status
		config.CPUs = int(status.Capacity.Cpu().Value())
		config.Memory = status.Capacity.Memory().Value()
		config.Kernel = status.NodeInfo.KernelVersion
		for _, a := range status.Addresses {
			if ip, err := netip.ParseAddr(a.Address); err == nil {
				config.Addrs = append(config.Addrs, ip)
			}
		}
	}
	return w.world.AddNode(config)
}

// clock is the loop as the world sees it.
type clock struct{ *World }

func (c clock) Now() time.Time { return c.loop().Now() }

func (c clock) Wake() { c.loop().Enqueue(c.id, runKey) }

func (c clock) WakeAt(t time.Time) {
	if t.IsZero() {
		c.loop().Disarm(c.id, runKey)
		return
	}
	c.loop().Arm(c.id, runKey, t)
}
