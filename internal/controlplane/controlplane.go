// Package controlplane puts a cluster together: store, registry, admission,
// controllers, scheduler and kubelets on one event loop, under a clock and over
// a runtime that are handed in.
//
// It is where the engine meets the edges. The engine below is single-threaded
// and deterministic; Do is the only way to it. This package owns the lock, the
// goroutine that drives a clock that is not manual, and nothing else that runs.
package controlplane

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubejig/kubejig/internal/allocation"
	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/controllers/customresourcedefinition"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheduler"
	"github.com/kubejig/kubejig/internal/store"
)

// Options say what a cluster is like.
type Options struct {
	Clock Clock
	// Start is the cluster's first instant. On a wall clock it is ignored.
	Start time.Time
	Seed  uint64
	// ServiceRanges are the ranges of cluster IPs, one per IP family, the
	// primary one first. Default: 10.96.0.0/12.
	ServiceRanges []netip.Prefix
	// PodRange is cut into the ranges of nodes. Default: 10.244.0.0/16.
	PodRange netip.Prefix
	// Nodes of the cluster, and what runs their containers. Without a World
	// there are no nodes.
	Nodes []kubelet.Config
	World func(Host) World
	// Streams gives clients their way to what runs in the world: logs, exec
	// and the like. Without it there is none.
	Streams func(World, Edge) apiserver.Nodes
	// CA is the PEM certificate by which pods trust the API server.
	CA string
}

// ControlPlane is a running cluster.
type ControlPlane struct {
	engine      sync.Mutex // guards everything in this group
	loop        *loop.Loop
	store       *store.Store
	registry    *registry.Registry
	fleet       *kubelet.Fleet
	scheduler   *scheduler.Scheduler
	world       World
	changes     uint64    // writes that are more than a heartbeat
	changed     time.Time // when the last of them was
	housekeeper *housekeeper

	server  *apiserver.Server
	clock   Clock
	options Options
	active  atomic.Int64 // when somebody last used the engine, in real time
	waiters atomic.Int64
	wake    chan struct{}
	stop    context.CancelFunc
	driven  chan struct{} // closed when the driver has ended
}

// New starts a cluster. Close ends it.
func New(o Options) *ControlPlane {
	if o.Clock == Wall {
		o.Start = time.Now()
	}
	if len(o.ServiceRanges) == 0 {
		o.ServiceRanges = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}
	}
	if !o.PodRange.IsValid() {
		o.PodRange = netip.MustParsePrefix("10.244.0.0/16")
	}
	c := assemble(o, loop.New(o.Start, o.Seed), store.New())
	c.bootstrap()
	if o.World != nil {
		c.enter(o.World(c.host()))
		c.Do(c.addNodes)
	}
	c.start()
	return c
}

// assemble wires the components of a cluster around a loop and a store.
func assemble(o Options, l *loop.Loop, s *store.Store) *ControlPlane {
	c := &ControlPlane{
		loop: l, store: s, clock: o.Clock, options: o,
		registry: registry.New(l, s, resources.Builtin()),
		wake:     make(chan struct{}, 1),
		driven:   make(chan struct{}),
	}
	s.FollowAll(c.countChanges)
	c.registry.Admission = admissionPlugins(c.registry)
	c.registry.AddHook(allocation.Services, allocation.New(c.registry, o.ServiceRanges...))
	customresourcedefinition.Run(c.registry) // part of the API server in Kubernetes
	c.runControllers()
	c.scheduler = scheduler.New(c.registry)
	c.fleet = kubelet.NewFleet(c.registry)
	c.server = apiserver.New(apiserver.Config{Registry: c.registry, Do: c.Do, Waiting: c.Waiting})
	c.keepHouse(nil)
	return c
}

// start settles the cluster and lets its clock run.
func (c *ControlPlane) start() {
	c.Do(func() {})
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	if c.clock == Manual {
		close(c.driven)
		return
	}
	go c.drive(ctx)
}

// Close ends the cluster and waits for its goroutine.
func (c *ControlPlane) Close() {
	c.server.Close()
	c.stop()
	<-c.driven
	if c.world != nil {
		c.world.Close()
	}
}

// Registry is the cluster's API without HTTP. It may be used only within Do.
func (c *ControlPlane) Registry() *registry.Registry { return c.registry }
