package scheduler

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// owner is an identity: it says which scheduler may change a state in place.
type owner struct{ _ byte }

// node is what the scheduler knows of a node: the object, and the sum of the
// pods that are on it.
type node struct {
	owner *owner
	name  string
	// api is nil for a node that pods are bound to although it is not there.
	api         *corev1.Node
	allocatable resources
	taints      []corev1.Taint // that keep pods away or should
	images      map[string]int64

	requested resources // by the pods, zero where they do not say
	used      resources // the same, with a guess for those that do not say
	pods      []*pod    // in order of arrival
	ports     []hostPort
	// anti are the pods whose anti-affinity may keep others away.
	anti []*pod
	// affine are the pods with any affinity to other pods.
	affine []*pod
	// claims are the ReadWriteOncePod claims in use: "namespace/name".
	claims []string
}

// pod is what the scheduler needs to know of a pod, worked out once.
type pod struct {
	api      *corev1.Pod
	requests resources
	used     resources
	ports    []hostPort
	required nodeaffinity.RequiredNodeAffinity
	// affinity, anti and the preferred ones are the terms about other pods.
	affinity, anti     []podTerm
	prefer, preferAnti []weightedTerm
}

// podTerm is a term of affinity to other pods.
type podTerm struct {
	namespaces []string
	// everywhere is for terms whose namespace selector selects by labels.
	namespaceSelector labels.Selector
	selector          labels.Selector
	topologyKey       string
}

type weightedTerm struct {
	podTerm
	weight int64
}

// nodes is the snapshot of all nodes, ordered by name.
type nodes struct {
	list   []*node
	byName map[string]int
}

func newNodes() nodes { return nodes{byName: map[string]int{}} }

func (n *nodes) get(name string) *node {
	if i, ok := n.byName[name]; ok {
		return n.list[i]
	}
	return nil
}

// edit returns a node that may be changed, made where it is missing.
func (n *nodes) edit(name string, o *owner) *node {
	i, ok := n.byName[name]
	if !ok {
		i = n.insert(&node{owner: o, name: name})
	}
	if have := n.list[i]; have.owner != o {
		n.list[i] = have.copy(o)
	}
	return n.list[i]
}

func (n *nodes) insert(added *node) int {
	i, _ := slices.BinarySearchFunc(n.list, added.name, func(have *node, name string) int { return strings.Compare(have.name, name) })
	n.list = slices.Insert(n.list, i, added)
	n.reindex(i)
	return i
}

func (n *nodes) remove(name string) {
	i, ok := n.byName[name]
	if !ok {
		return
	}
	delete(n.byName, name)
	n.list = slices.Delete(n.list, i, i+1)
	n.reindex(i)
}

func (n *nodes) reindex(from int) {
	for i := from; i < len(n.list); i++ {
		n.byName[n.list[i].name] = i
	}
}

func (n *nodes) fork() nodes {
	c := nodes{list: slices.Clone(n.list), byName: make(map[string]int, len(n.list))}
	c.reindex(0)
	return c
}

// copy returns a node that can be changed without the original noticing.
func (n *node) copy(o *owner) *node {
	c := *n
	c.owner = o
	c.pods = slices.Clone(n.pods)
	c.ports = slices.Clone(n.ports)
	c.anti = slices.Clone(n.anti)
	c.affine = slices.Clone(n.affine)
	c.claims = slices.Clone(n.claims)
	c.requested.others = cloneOthers(n.requested.others)
	c.used.others = nil
	return &c
}

// set takes over what the Node object says.
func (n *node) set(api *corev1.Node) {
	n.api = api
	n.allocatable = resourcesOf(api.Status.Allocatable)
	n.taints = api.Spec.Taints
	n.images = imagesOf(api)
}

func (n *node) add(p *pod) {
	n.pods = append(n.pods, p)
	n.requested.add(&p.requests)
	n.used.cpu += p.used.cpu
	n.used.memory += p.used.memory
	n.ports = append(n.ports, p.ports...)
	if len(p.anti) > 0 {
		n.anti = append(n.anti, p)
	}
	if p.hasPodAffinity() {
		n.affine = append(n.affine, p)
	}
}

func (n *node) drop(uid types.UID) *pod {
	i := slices.IndexFunc(n.pods, func(p *pod) bool { return p.api.UID == uid })
	if i < 0 {
		return nil
	}
	p := n.pods[i]
	n.pods = slices.Delete(n.pods, i, i+1)
	n.requested.subtract(&p.requests)
	n.used.cpu -= p.used.cpu
	n.used.memory -= p.used.memory
	if len(p.ports) > 0 {
		n.ports = nil
		for _, o := range n.pods {
			n.ports = append(n.ports, o.ports...)
		}
	}
	same := func(o *pod) bool { return o == p }
	n.anti = slices.DeleteFunc(n.anti, same)
	n.affine = slices.DeleteFunc(n.affine, same)
	return p
}

// label is the value of a topology key on the node.
func (n *node) label(key string) (string, bool) {
	v, ok := n.api.Labels[key]
	return v, ok
}

func (p *pod) hasPodAffinity() bool {
	return len(p.affinity)+len(p.anti)+len(p.prefer)+len(p.preferAnti) > 0
}

// newPod works out what the scheduler needs to know of a pod.
func newPod(api *corev1.Pod) *pod {
	p := &pod{api: api, required: nodeaffinity.GetRequiredNodeAffinity(api)}
	p.requests, p.used = requestsOf(api)
	for i := range api.Spec.Containers {
		p.addPorts(&api.Spec.Containers[i])
	}
	for i := range api.Spec.InitContainers {
		if c := &api.Spec.InitContainers[i]; c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			p.addPorts(c)
		}
	}
	if a := api.Spec.Affinity; a != nil {
		if a.PodAffinity != nil {
			p.affinity = podTerms(api, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
			p.prefer = weightedTerms(api, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if a.PodAntiAffinity != nil {
			p.anti = podTerms(api, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
			p.preferAnti = weightedTerms(api, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	}
	return p
}
