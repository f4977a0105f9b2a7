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
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/kubejig/kubejig/internal/allocation"
	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/callout"
	"github.com/kubejig/kubejig/internal/controllers/customresourcedefinition"
	"github.com/kubejig/kubejig/internal/controllers/daemonset"
	"github.com/kubejig/kubejig/internal/controllers/endpointslice"
	"github.com/kubejig/kubejig/internal/controllers/horizontalpodautoscaler"
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
	// Advertised is where nodes reach the API server, an endpoint of the Service
	// "kubernetes". Default: nowhere.
	Advertised netip.AddrPort
	// PodRange is cut into the ranges of nodes. Default: 10.244.0.0/16.
	PodRange netip.Prefix
	// Nodes of the cluster, and what runs their containers. Without a World
	// there are no nodes.
	Nodes []kubelet.Config
	World func(Host) World
	// Streams gives clients their way to what runs in the world: logs, exec
	// and the like. Without it there is none.
	Streams func(World, Edge) apiserver.Nodes
	// Metrics say what pods use, for autoscalers. Default: what the world
	// tells.
	Metrics horizontalpodautoscaler.Metrics
	// Authentication says whom the API server believes to be whom. Requests
	// from within the process act as an administrator unless it says otherwise;
	// Anonymous is RBAC's.
	Authentication apiserver.Authentication
	// RootCA is the PEM certificate by which pods trust the API server. Default:
	// that of an authority that the seed determines, which no listener has.
	RootCA string
	// RBAC lets roles decide who may do what; without it, everybody may do
	// everything.
	RBAC bool
}

// ControlPlane is a running cluster.
type ControlPlane struct {
	handlers    *callout.Handlers // of webhooks, for all forks
	engine      *sync.Mutex       // guards everything in this group, and all forks of it
	loop        *loop.Loop
	store       *store.Store
	registry    *registry.Registry
	fleet       *kubelet.Fleet
	autoscaler  *horizontalpodautoscaler.Autoscaler
	daemons     *daemonset.Backoff
	hinted      *endpointslice.Hinted
	scheduler   *scheduler.Scheduler
	world       World
	authority   *authority
	changes     uint64    // writes that are more than a heartbeat
	changed     time.Time // when the last of them was
	polls       polls
	housekeeper *housekeeper
	away        int        // how many are outside for a while
	turning     bool       // somebody runs the loop, inside or outside
	turned      *sync.Cond // tells that nobody does any more

	server  *apiserver.Server
	clock   Clock
	options Options
	active  atomic.Int64 // when somebody last used the engine, in real time
	pause   atomic.Int64 // how long it must rest before an auto clock jumps
	waiters atomic.Int64
	wake    chan struct{}
	context context.Context // ends with the cluster
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
	c := assemble(o, new(callout.Handlers), new(sync.Mutex), loop.New(o.Start, o.Seed), store.New(), kinds())
	c.Do(c.begin) // at once: a world of real nodes has news from its first moment on
	c.run()
	return c
}

// begin completes a new cluster and fills it with what clusters start with.
func (c *ControlPlane) begin() {
	c.keepHouse()
	c.scheduler = scheduler.New(c.registry)
	if c.options.World != nil {
		c.enter(c.options.World(c.host()))
	}
	c.fleet = kubelet.NewFleet(c.registry)
	c.bootstrap()
	if c.world != nil {
		c.addNodes()
	}
}

// Fork returns a cluster in the same state, which goes its own way from here.
// Its clients start anew: watches and streams stay with the original. It fails
// if the nodes are real.
func (c *ControlPlane) Fork() (*ControlPlane, error) {
	c.engine.Lock()
	defer c.engine.Unlock()
	c.awaitTurn()
	f := assemble(c.options, c.handlers, c.engine, c.loop.Fork(), c.store.Fork(), c.registry.Kinds())
	f.registry.Told = c.registry.Told.Fork()
	f.changes, f.changed = c.changes, c.changed
	f.forkHouse(c.housekeeper)
	f.scheduler = c.scheduler.Fork(f.registry)
	f.autoscaler.Remember(c.autoscaler)
	f.daemons.Remember(c.daemons)
	f.hinted.Remember(c.hinted)
	if c.world != nil {
		world, err := c.world.Fork(f.host())
		if err != nil {
			return nil, fmt.Errorf("fork the cluster's nodes: %w", err)
		}
		f.enter(world)
	}
	f.fleet = c.fleet.Fork(f.registry, func(node string) kubelet.Runtime { return f.world.Runtime(node) })
	f.run()
	return f, nil
}

// localAdmin is who requests act as that come from within the process.
var localAdmin = authenticationv1.UserInfo{Username: "kubernetes-admin", Groups: []string{"system:masters"}}

// assemble wires those components of a cluster that keep nothing beside the
// loop and the store. All components of a fork are made in the order in which
// New makes them: that is how the loop knows them.
func assemble(o Options, handlers *callout.Handlers, engine *sync.Mutex, l *loop.Loop, s *store.Store, kinds *resources.Set) *ControlPlane {
	c := &ControlPlane{
		handlers: handlers, engine: engine, loop: l, store: s, clock: o.Clock, options: o,
		registry:  registry.New(l, s, kinds),
		authority: newAuthority(o.Seed, o.Start),
		daemons:   daemonset.NewBackoff(),
		hinted:    endpointslice.NewHinted(),
		wake:      make(chan struct{}, 1),
		driven:    make(chan struct{}),
		turned:    sync.NewCond(engine),
	}
	c.context, c.stop = context.WithCancel(context.Background())
	s.FollowAll(c.countChanges)
	c.registry.Admission = c.admissionPlugins(c.registry)
	c.registry.AddHook(allocation.Services, allocation.New(c.registry, o.ServiceRanges...))
	customresourcedefinition.Run(c.registry, convert(c.handlers)) // part of the API server in Kubernetes
	c.runControllers()
	c.server = apiserver.New(c.serverConfig())
	return c
}

// serverConfig is what the API server stands on. As with kube-apiserver's
// defaults, who has no credentials is system:anonymous, unless everybody may do
// everything.
func (c *ControlPlane) serverConfig() apiserver.Config {
	config := apiserver.Config{
		Registry: c.registry, Do: c.Do, Waiting: c.Waiting, Metrics: c.usage(),
		Authorizer:     c.authorizer(),
		Authentication: c.options.Authentication,
	}
	config.Authentication.Anonymous = c.options.RBAC
	if config.Authentication.Local == nil {
		config.Authentication.Local = &localAdmin
	}
	return config
}

// run lets the cluster's clock run.
func (c *ControlPlane) run() {
	if c.clock == Manual {
		close(c.driven)
		return
	}
	go c.drive(c.context)
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
