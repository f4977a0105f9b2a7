package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Name is the schedulerName of the pods that this scheduler takes.
const Name = corev1.DefaultSchedulerName

// Scheduler assigns pods to nodes.
type Scheduler struct {
	registry *registry.Registry
	client   *client.Client
	events   *events.Recorder
	id       loop.ID
	// background is the ID of retries for which there is little hope.
	background loop.ID

	owner *owner
	nodes nodes
	// preferTaints and haveImages are set once a node has what they are
	// about; until then nobody looks.
	preferTaints, haveImages bool
	// assigned are the nodes of the pods that are on one.
	assigned map[types.UID]string
	queue    queue
	// nominated are the pods that wait for victims to leave a node.
	nominated map[types.UID]string
	counts    spreadCounts
	// binding is the pod that is just being bound, so that it need not be
	// worked out again when the store tells of it.
	binding *pod
	// next is where the search for nodes that fit goes on, in big clusters.
	next int
}

var (
	podResource  = schema.GroupResource{Resource: "pods"}
	nodeResource = schema.GroupResource{Resource: "nodes"}
	pvcResource  = schema.GroupResource{Resource: "persistentvolumeclaims"}
	pvResource   = schema.GroupResource{Resource: "persistentvolumes"}
	scResource   = schema.GroupResource{Group: "storage.k8s.io", Resource: "storageclasses"}
	pdbResource  = schema.GroupResource{Group: "policy", Resource: "poddisruptionbudgets"}
)

// New returns a scheduler as a handler of the registry's loop, which knows
// what is in the store.
func New(r *registry.Registry) *Scheduler {
	s := &Scheduler{
		registry: r, owner: new(owner), nodes: newNodes(), queue: newQueue(),
		assigned: map[types.UID]string{}, nominated: map[types.UID]string{}, counts: newSpreadCounts(),
	}
	s.connect()
	r.Store.Scan(nodeResource, "", func(item *store.Item) bool {
		s.setNode(item.Object.(*corev1.Node))
		return true
	})
	r.Store.Scan(podResource, "", func(item *store.Item) bool {
		s.podAdded(item.Object.(*corev1.Pod))
		return true
	})
	return s
}

// Fork returns a copy of the scheduler for a forked registry, whose loop gets
// its handler.
func (s *Scheduler) Fork(r *registry.Registry) *Scheduler {
	c := *s
	c.registry = r
	c.nodes, c.queue, c.counts = s.nodes.fork(), s.queue.fork(), s.counts.fork()
	c.assigned, c.nominated = cloneMap(s.assigned), cloneMap(s.nominated)
	s.owner, c.owner = new(owner), new(owner)
	c.connect()
	return &c
}

// connect gives the scheduler its identity, its place in the loop, and its
// view of the store.
func (s *Scheduler) connect() {
	r := s.registry
	s.client = client.ForUser(r, "kube-scheduler", "system:kube-scheduler")
	s.events = events.NewRecorder(s.client, Name, "")
	s.id = r.Loop.Register(s)
	s.background = r.Loop.RegisterBackground(s)
	r.Store.Follow(podResource, s.podChanged)
	r.Store.Follow(nodeResource, s.nodeChanged)
	r.Store.Follow(pvcResource, s.claimChanged)
	for _, gr := range []schema.GroupResource{pvResource, scResource} {
		r.Store.Follow(gr, s.volumesChanged)
	}
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Keys of the scheduler's work.
var (
	cycleKey = loop.Key{Name: "cycle"} // schedule the next pods
	retryKey = loop.Key{Name: "retry"} // move pods that have waited long enough
)

// Handle schedules the next pods, or moves those that have waited long enough.
func (s *Scheduler) Handle(key loop.Key) {
	if key == retryKey {
		s.retry()
		return
	}
	for range batch {
		e, ok := s.queue.pop()
		if !ok {
			break
		}
		s.schedule(e)
	}
	s.wake()
}

// batch is how many pods are scheduled before others get their turn, so that
// they need not look at each of them alone.
const batch = 100

// wake sees to it that the scheduler runs while pods are ready, and again when
// the next one becomes so.
func (s *Scheduler) wake() {
	if s.queue.ready.Len() > 0 {
		s.registry.Loop.Enqueue(s.id, cycleKey)
	}
	l := s.registry.Loop
	l.Disarm(s.id, retryKey)
	l.Disarm(s.background, retryKey)
	if at := s.queue.nextRetry(); !at.IsZero() {
		l.Arm(s.retries(), retryKey, at)
	}
}

// retries is where the next retry belongs: to the background, if nothing has
// happened that could make a difference to a waiting pod.
func (s *Scheduler) retries() loop.ID {
	if s.queue.hopeful() {
		return s.id
	}
	return s.background
}

// retry moves the pods whose back-off is over.
func (s *Scheduler) retry() {
	s.queue.flush(s.registry.Loop.Now())
	s.wake()
}
