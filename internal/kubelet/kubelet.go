package kubelet

import (
	"maps"
	"time"

	"github.com/tidwall/btree"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// Config is what a kubelet is told about its node. It is shared by forks and
// must not change.
type Config struct {
	Name string
	// Hostname defaults to Name.
	Hostname string
	// IPs of the node, the primary one first.
	IPs []string
	// ExternalIPs are shown in the node's addresses.
	ExternalIPs []string
	Labels      map[string]string
	Annotations map[string]string
	Taints      []corev1.Taint
	ProviderID  string
	Capacity    corev1.ResourceList
	// Reserved is kept from pods: allocatable is the capacity without it.
	Reserved corev1.ResourceList
	Info     corev1.NodeSystemInfo
	// Port on which the kubelet serves, as the node shows it.
	Port int32
	// PodCIDRs from which pods get their IPs; default: the node's
	// spec.podCIDRs.
	PodCIDRs []string
	// AwaitRuntime is for a runtime that must first find out what it runs: the
	// kubelet leaves all pods alone until it reports RuntimeReady.
	AwaitRuntime bool
	// ClusterDNS and ClusterDomain are for pods whose DNS policy is
	// ClusterFirst, Resolv for the others.
	ClusterDNS    []string
	ClusterDomain string
	Resolv        ResolvConf
}

// Kubelet is the agent of one node.
type Kubelet struct {
	fleet   *Fleet
	config  *Config
	runtime Runtime
	client  *client.Client
	events  *events.Recorder

	running bool
	// awaiting is set until the runtime is ready; see Config.AwaitRuntime.
	awaiting bool
	// writing is set while the kubelet writes, so that it takes no notice of
	// its own writes.
	writing bool
	// missed are events that came while the kubelet did not run.
	missed []Event

	// owner marks the pods' states that no fork shares; see edit.
	owner   *owner
	pods    *btree.Map[types.UID, *pod]
	images  *btree.Map[string, Image]
	pulling *btree.Map[string, time.Time] // since when
	ips     addresses
	node    nodeState
	lease   leaseState
}

func newKubelet(f *Fleet, config *Config, runtime Runtime) *Kubelet {
	k := &Kubelet{
		fleet: f, config: config, runtime: runtime, owner: new(owner), awaiting: config.AwaitRuntime,
		pods:    new(btree.Map[types.UID, *pod]),
		images:  new(btree.Map[string, Image]),
		pulling: new(btree.Map[string, time.Time]),
		lease:   leaseState{phase: leasePhase(config.Name)},
	}
	k.connect()
	return k
}

// connect gives the kubelet its identity.
func (k *Kubelet) connect() {
	k.client = client.ForUser(k.fleet.registry, "kubelet", "system:node:"+k.config.Name, "system:nodes")
	k.events = events.NewRecorder(k.client, "kubelet", k.config.Name)
}

// fork returns a copy of the kubelet in a forked fleet.
func (k *Kubelet) fork(f *Fleet, runtime Runtime) *Kubelet {
	c := *k
	c.fleet, c.runtime = f, runtime
	c.connect()
	c.pods, c.images, c.pulling = k.pods.Copy(), k.images.Copy(), k.pulling.Copy()
	c.missed = append([]Event(nil), k.missed...)
	c.ips = k.ips.fork()
	k.owner, c.owner = new(owner), new(owner)
	return &c
}

// owner is an identity: it says which kubelet may change a state in place.
type owner struct{ _ byte }

// Node is the name of the kubelet's node.
func (k *Kubelet) Node() string { return k.config.Name }

// Config is what the kubelet was told about its node.
func (k *Kubelet) Config() *Config { return k.config }

// Start lets the kubelet work: it registers the node, or finds it, and takes
// up the pods that are bound to it. Starting one that runs does nothing.
func (k *Kubelet) Start() {
	if k.running {
		return
	}
	k.running = true
	k.startNode()
	k.adoptPods()
	missed := k.missed
	k.missed = nil
	for _, ev := range missed {
		k.Deliver(ev)
	}
}

// Stop ends the kubelet's work, as if its process had died: containers go on,
// but nobody looks after them, and the node's heartbeats cease. Start goes on
// where the world then stands.
func (k *Kubelet) Stop() {
	k.running = false
	k.loop().Disarm(k.fleet.heartbeats, k.timer(leaseTimer))
	k.loop().Disarm(k.fleet.heartbeats, k.timer(nodeTimer))
	for _, uid := range k.pods.Keys() {
		k.disarm(k.edit(uid))
	}
}

// Running reports whether the kubelet works.
func (k *Kubelet) Running() bool { return k.running }

func (k *Kubelet) loop() *loop.Loop { return k.fleet.registry.Loop }

func (k *Kubelet) store() *store.Store { return k.fleet.registry.Store }

func (k *Kubelet) now() time.Time { return k.fleet.registry.Loop.Now() }

// key is the loop's name for the work of a pod.
func (k *Kubelet) key(uid types.UID) loop.Key {
	return loop.Key{Namespace: k.config.Name, Name: string(uid)}
}

// timer is the loop's name for work of the kubelet's own.
func (k *Kubelet) timer(name string) loop.Key {
	return loop.Key{Namespace: k.config.Name, Name: name}
}

func (k *Kubelet) enqueue(uid types.UID) { k.loop().Enqueue(k.fleet.id, k.key(uid)) }

// adoptPods brings what the kubelet knows in line with the pods that are bound
// to its node now.
func (k *Kubelet) adoptPods() {
	bound := map[types.UID]*corev1.Pod{}
	for _, p := range client.PodsOnNode(k.client, k.config.Name) {
		bound[p.UID] = p
		k.observePod(p, false)
	}
	var lost []*pod
	k.pods.Scan(func(uid types.UID, p *pod) bool {
		if bound[uid] == nil {
			lost = append(lost, p)
		}
		return true
	})
	for _, p := range lost {
		k.observePod(p.api, true)
	}
}

// observePod takes note of a pod as the API has it.
func (k *Kubelet) observePod(api *corev1.Pod, gone bool) {
	p := k.edit(api.UID)
	if p == nil {
		if gone {
			return
		}
		p = k.newPod(api)
	}
	if showsMetadata(api) && (!maps.Equal(p.api.Labels, api.Labels) || !maps.Equal(p.api.Annotations, api.Annotations)) {
		k.contentChanged(api.UID)
	}
	p.api, p.gone = api, p.gone || gone
	if !k.writing {
		p.changed = true
		k.enqueue(api.UID)
	}
}

// edit returns the state of a pod, ready to be changed, or nil.
func (k *Kubelet) edit(uid types.UID) *pod {
	p, ok := k.pods.Get(uid)
	if !ok {
		return nil
	}
	if p.owner != k.owner {
		p = p.copy(k.owner)
		k.pods.Set(uid, p)
	}
	return p
}
