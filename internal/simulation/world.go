// Package simulation is the simulated world below the kubelets: nodes with
// images and disks, pods with containers and a network. It is what a container
// runtime, its nodes' kernels and the cluster's network are to a real cluster.
//
// A World is driven by an event loop and is not safe for concurrent use. All
// calls return at once; what takes simulated time ends with a call of the
// Observer. The same calls at the same times have the same outcome, and a
// World can be forked at any time. It starts no goroutine that runs by itself,
// and touches no clock, file or network of the machine.
package simulation

import (
	"encoding/binary"
	"encoding/hex"
	"maps"
	"net/netip"
	"slices"
	"weak"

	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Observer learns what happens in a world. It is called within World.Run or
// within the call that causes the event, so it should take note rather than
// act.
type Observer interface {
	container.Observer
	// ImagePulled is called when a pull has ended, with the error if it has
	// failed.
	ImagePulled(node, image string, err error)
}

// Options are what a World is made with.
type Options struct {
	Clock     process.Clock
	Seed      uint64
	Catalog   *image.Catalog    // nil: the built-in images
	Directory network.Directory // nil: no Services
	Observer  Observer
	DNS       netip.Addr // where the cluster's DNS answers; default 10.96.0.10
	Domain    string     // default cluster.local
}

// World is the simulated machines of one cluster.
type World struct {
	kernel     *process.Kernel
	fabric     *network.Fabric
	catalog    *image.Catalog
	observer   Observer
	nodes      map[string]*Node
	sandboxes  map[string]*container.Sandbox
	containers map[string]*container.Container
	volumes    map[string]*container.Volume

	copier    *process.Copier              // of a fork that has not copied everything
	pending   int                          // pods of the original not copied yet
	inherited map[string]*container.Volume // volumes of the original not copied yet
	forks     []weak.Pointer[World]        // that may lack something
}

// New returns a world without nodes.
func New(o Options) *World {
	kernel := process.NewKernel(o.Clock, o.Seed)
	w := &World{
		kernel: kernel, fabric: network.NewFabric(kernel, o.Directory), catalog: o.Catalog, observer: o.Observer,
		nodes: map[string]*Node{}, sandboxes: map[string]*container.Sandbox{},
		containers: map[string]*container.Container{}, volumes: map[string]*container.Volume{},
	}
	if w.catalog == nil {
		w.catalog = image.NewCatalog()
	}
	if o.DNS.IsValid() {
		w.fabric.DNS = o.DNS
	}
	if o.Domain != "" {
		w.fabric.Domain = o.Domain
	}
	w.connect(o.Directory)
	return w
}

// Run runs everything that can run at the current instant. The loop calls it
// when the Clock was asked to.
func (w *World) Run() { w.kernel.Run() }

// Catalog is where images are declared.
func (w *World) Catalog() *image.Catalog { return w.catalog }

// Declare adds the images of a behaviour.
func (w *World) Declare(b image.Behavior) { w.catalog.Declare(b.Definition()) }

// Dial connects to an address from outside the cluster: that of a pod, a node
// (also at a node port) or a Service. The failure says how long a client would
// have waited for it.
func (w *World) Dial(to netip.AddrPort) (*network.Conn, *network.Failure) {
	return w.fabric.Dial(nil, "TCP", to)
}

// Domain is what the cluster's DNS is about, such as cluster.local.
func (w *World) Domain() string { return w.fabric.Domain }

// SetHost puts a machine on the network that is not simulated; a fork needs its
// own. See network.Host.
func (w *World) SetHost(h network.Host) { w.fabric.SetHost(h) }

// Close ends all processes. The world must not be used afterwards.
func (w *World) Close() {
	for _, ref := range w.forks {
		if f := ref.Value(); f != nil {
			f.adoptAll()
		}
	}
	w.forks = nil
	for _, id := range slices.Sorted(maps.Keys(w.containers)) {
		if c := w.containers[id]; c.Sandbox().Kernel() == w.kernel {
			c.Remove()
		}
	}
	w.pending, w.copier, w.inherited = 0, nil, nil
}

// newID makes an identifier of 64 hexadecimal digits.
func (w *World) newID() string {
	var b [32]byte
	for i := 0; i < len(b); i += 8 {
		binary.BigEndian.PutUint64(b[i:], w.kernel.Random())
	}
	return hex.EncodeToString(b[:])
}
