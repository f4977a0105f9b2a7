package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Fleet is the kubelets that share a cluster's loop. It hands each of them its
// work: pods by the node that they are bound to, timers by name.
type Fleet struct {
	registry *registry.Registry
	id       loop.ID
	// heartbeats are work that changes nothing by itself.
	heartbeats loop.ID
	byNode     map[string]*Kubelet
	order      []string // of adding
	dirty      []unwritten
}

// NewFleet returns a fleet without nodes, as a handler of the registry's loop.
func NewFleet(r *registry.Registry) *Fleet {
	f := &Fleet{registry: r, byNode: map[string]*Kubelet{}}
	f.id = r.Loop.Register(f)
	f.heartbeats = r.Loop.RegisterBackground(f)
	r.Store.Follow(podResource, f.podChanged)
	r.Store.Follow(nodeResource, f.nodeChanged)
	for _, gr := range []schema.GroupResource{configMapResource, secretResource} {
		r.Store.Follow(gr, f.contentChanged)
	}
	return f
}

var (
	podResource       = schema.GroupResource{Resource: "pods"}
	nodeResource      = schema.GroupResource{Resource: "nodes"}
	serviceResource   = schema.GroupResource{Resource: "services"}
	configMapResource = schema.GroupResource{Resource: "configmaps"}
	secretResource    = schema.GroupResource{Resource: "secrets"}
)

// Add starts the kubelet of one more node.
func (f *Fleet) Add(config Config, runtime Runtime) *Kubelet {
	k := newKubelet(f, &config, runtime)
	f.byNode[config.Name] = k
	f.order = append(f.order, config.Name)
	k.Start()
	return k
}

// Kubelet is the kubelet of a node, or nil.
func (f *Fleet) Kubelet(node string) *Kubelet { return f.byNode[node] }

// Nodes are the names of the fleet's nodes, in the order of adding.
func (f *Fleet) Nodes() []string { return f.order }

// Remove stops the kubelet of a node and forgets it. The Node itself stays.
func (f *Fleet) Remove(node string) {
	k, ok := f.byNode[node]
	if !ok {
		return
	}
	k.Stop()
	delete(f.byNode, node)
	f.order = slices.DeleteFunc(f.order, func(n string) bool { return n == node })
}

// Fork returns a copy of the fleet for a forked registry, whose loop gets its
// handler. runtime gives the fork's runtime of a node. Pods' states are shared
// until one side changes them.
func (f *Fleet) Fork(r *registry.Registry, runtime func(node string) Runtime) *Fleet {
	fork := NewFleet(r)
	fork.order, fork.dirty = slices.Clone(f.order), slices.Clone(f.dirty)
	for _, node := range f.order {
		fork.byNode[node] = f.byNode[node].fork(fork, runtime(node))
	}
	return fork
}

// Handle does a piece of work of the kubelet that the key's namespace names.
func (f *Fleet) Handle(key loop.Key) {
	if key == flushKey {
		f.flush()
		return
	}
	k := f.byNode[key.Namespace]
	if k == nil || !k.running {
		return
	}
	switch key.Name {
	case leaseTimer:
		k.renewLease()
	case nodeTimer:
		k.syncNode()
	default:
		k.handlePod(types.UID(key.Name))
	}
}

// Names of timers, which no pod's UID equals.
const (
	leaseTimer = "lease"
	nodeTimer  = "node"
)

// podChanged tells the kubelet of a pod's node.
func (f *Fleet) podChanged(ev store.Event) {
	pod := ev.Item.Object.(*corev1.Pod)
	if pod.Spec.NodeName == "" {
		return
	}
	if k := f.byNode[pod.Spec.NodeName]; k != nil && k.running {
		k.observePod(pod, ev.Type == store.Deleted)
	}
}

// nodeChanged tells the kubelet of a node about changes of others.
func (f *Fleet) nodeChanged(ev store.Event) {
	if k := f.byNode[ev.Item.Object.GetName()]; k != nil && k.running && !k.writing {
		f.registry.Loop.Enqueue(f.id, k.timer(nodeTimer))
	}
}

// contentChanged tells the kubelets of the pods that show a ConfigMap or
// Secret in a volume.
func (f *Fleet) contentChanged(ev store.Event) {
	obj := ev.Item.Object
	f.registry.Store.Scan(podResource, obj.GetNamespace(), func(item *store.Item) bool {
		pod := item.Object.(*corev1.Pod)
		k := f.byNode[pod.Spec.NodeName]
		if k != nil && k.running && volumesShow(pod, ev.Resource(), obj.GetName()) {
			k.contentChanged(pod.UID)
		}
		return true
	})
}
