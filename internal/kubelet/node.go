package kubelet

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/client"
)

const (
	// nodeStatusPeriod is how often the status is written when nothing in it
	// has changed but the time.
	nodeStatusPeriod = 5 * time.Minute
	// maxImages is how many images the status shows.
	maxImages = 50
	// nodeChangePeriod is how soon a change shows in the status.
	nodeChangePeriod = 10 * time.Second
)

// nodeState is what the kubelet knows of its node.
type nodeState struct {
	api         *corev1.Node // nil before it is registered
	allocatable corev1.ResourceList
	reported    time.Time
	changed     bool // the images have
}

// startNode registers the node, or takes over the one that is there, and
// begins its heartbeats.
func (k *Kubelet) startNode() {
	k.node.api, k.node.reported = nil, time.Time{}
	k.node.allocatable = allocatable(k.config.Capacity, k.config.Reserved)
	k.events.EventFor(k.nodeReference(), corev1.EventTypeNormal, "Starting", "Starting kubelet.")
	k.syncNode()
	k.publishCSINode()
	k.renewLease()
}

// syncNode brings the Node up to date, and sets the timer for the next time.
func (k *Kubelet) syncNode() {
	k.writing = true
	defer func() { k.writing = false }()
	k.loop().Arm(k.fleet.heartbeats, k.timer(nodeTimer), k.now().Add(nodeStatusPeriod))
	node, ok := client.Get[*corev1.Node](k.client, "", k.config.Name)
	if !ok {
		if k.node.api != nil {
			return // Deleted: a kubelet registers once, when it starts.
		}
		if node, ok = k.registerNode(); !ok {
			return
		}
	}
	k.node.api = node
	k.takeNetworks(node)
	k.writeNodeStatus(node)
}

// registerNode creates the Node object.
func (k *Kubelet) registerNode() (*corev1.Node, bool) {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: k.config.Name, Labels: k.nodeLabels(), Annotations: maps.Clone(k.config.Annotations)},
		Spec: corev1.NodeSpec{
			ProviderID: k.config.ProviderID,
			Taints:     slices.Clone(k.config.Taints),
		},
	}
	k.fillNodeStatus(&node.Status)
	created, err := client.Create(k.client, node)
	return created, err == nil || apierrors.IsAlreadyExists(err)
}

func (k *Kubelet) nodeLabels() map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:      orElse(k.config.Hostname, k.config.Name),
		corev1.LabelOSStable:      k.config.Info.OperatingSystem,
		corev1.LabelArchStable:    k.config.Info.Architecture,
		"beta.kubernetes.io/os":   k.config.Info.OperatingSystem,
		"beta.kubernetes.io/arch": k.config.Info.Architecture,
	}
	maps.Copy(labels, k.config.Labels)
	return labels
}

// takeNetworks makes the node's pod CIDRs known, once it has some.
func (k *Kubelet) takeNetworks(node *corev1.Node) {
	if k.ips.ready() {
		return
	}
	cidrs := k.config.PodCIDRs
	if len(cidrs) == 0 {
		cidrs = node.Spec.PodCIDRs
	}
	ips, err := newAddresses(cidrs)
	if err != nil || !ips.ready() {
		return
	}
	k.ips = ips
	k.pods.Scan(func(_ types.UID, p *pod) bool {
		k.ips.reserve(p.sandbox.held)
		return true
	})
	k.networkReady()
}

// writeNodeStatus writes the node's status, if it has changed or the last one
// has grown old.
func (k *Kubelet) writeNodeStatus(node *corev1.Node) {
	first := k.node.reported.IsZero()
	if !first && !k.node.changed && k.conditionsHold(&node.Status) {
		if k.now().Sub(k.node.reported) >= nodeStatusPeriod {
			k.touchNode(node)
		}
		return
	}
	obj := *node
	obj.Status = *node.Status.DeepCopy()
	k.fillNodeStatus(&obj.Status)
	written, err := client.UpdateStatus(k.client, &obj)
	if err != nil {
		return // The next heartbeat tries again.
	}
	k.node.api, k.node.reported, k.node.changed = written, k.now(), false
	k.node.allocatable = written.Status.Allocatable
	if first {
		k.nodeEvents()
	}
}

// conditionsHold reports whether the node's conditions are as the kubelet has
// set them. While it is silent, others set them to Unknown.
func (k *Kubelet) conditionsHold(s *corev1.NodeStatus) bool {
	for _, own := range &healthy {
		holds := false
		for i := range s.Conditions {
			c := &s.Conditions[i]
			holds = holds || c.Type == own.Type && c.Status == own.Status && c.Reason == own.Reason
		}
		if !holds {
			return false
		}
	}
	return true
}

// touchNode writes a status in which nothing but the time has changed. As with
// leases, there are many of these, and nothing about them could be invalid.
func (k *Kubelet) touchNode(node *corev1.Node) {
	obj := new(corev1.Node)
	*obj = *node
	obj.Status.Conditions = slices.Clone(node.Status.Conditions)
	for _, c := range &healthy {
		k.setNodeCondition(&obj.Status, c)
	}
	if written, err := client.Renew(k.client, obj, "status"); err == nil {
		k.node.api, k.node.reported = written, k.now()
	}
}

// nodeEvents are what a kubelet tells about its node when it has started.
func (k *Kubelet) nodeEvents() {
	for _, e := range [][2]string{
		{"NodeHasSufficientMemory", "Node " + k.config.Name + " status is now: NodeHasSufficientMemory"},
		{"NodeHasNoDiskPressure", "Node " + k.config.Name + " status is now: NodeHasNoDiskPressure"},
		{"NodeHasSufficientPID", "Node " + k.config.Name + " status is now: NodeHasSufficientPID"},
		{"NodeAllocatableEnforced", "Updated Node Allocatable limit across pods"},
		{"NodeReady", "Node " + k.config.Name + " status is now: NodeReady"},
	} {
		k.events.EventFor(k.nodeReference(), corev1.EventTypeNormal, e[0], e[1])
	}
}

// nodeReference is the node as a kubelet's events refer to it: by name.
func (k *Kubelet) nodeReference() corev1.ObjectReference {
	return corev1.ObjectReference{Kind: "Node", Name: k.config.Name, UID: types.UID(k.config.Name)}
}

// fillNodeStatus sets what the kubelet knows of its node.
func (k *Kubelet) fillNodeStatus(s *corev1.NodeStatus) {
	s.Capacity = withResources(s.Capacity, k.config.Capacity)
	s.Allocatable = withResources(s.Allocatable, allocatable(s.Capacity, k.config.Reserved))
	s.Addresses = k.nodeAddresses()
	s.NodeInfo = k.config.Info
	s.DaemonEndpoints.KubeletEndpoint.Port = k.config.Port
	s.Images = k.nodeImages()
	s.RuntimeHandlers = runtimeHandlers()
	s.Features = &corev1.NodeFeatures{SupplementalGroupsPolicy: ptrTo(true)}
	for _, c := range &healthy {
		k.setNodeCondition(s, c)
	}
}

// healthy are the conditions of a node whose kubelet works.
var healthy = [...]corev1.NodeCondition{
	{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientMemory", Message: "kubelet has sufficient memory available"},
	{Type: corev1.NodeDiskPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasNoDiskPressure", Message: "kubelet has no disk pressure"},
	{Type: corev1.NodePIDPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientPID", Message: "kubelet has sufficient PID available"},
	{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "kubelet is posting ready status"},
}

func (k *Kubelet) setNodeCondition(s *corev1.NodeStatus, c corev1.NodeCondition) {
	now := shown(k.now())
	c.LastHeartbeatTime, c.LastTransitionTime = now, now
	for i := range s.Conditions {
		if before := &s.Conditions[i]; before.Type == c.Type {
			if before.Status == c.Status {
				c.LastTransitionTime = before.LastTransitionTime
			}
			*before = c
			return
		}
	}
	s.Conditions = append(s.Conditions, c)
}

func (k *Kubelet) nodeAddresses() []corev1.NodeAddress {
	var out []corev1.NodeAddress
	for _, ip := range k.config.IPs {
		out = append(out, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip})
	}
	for _, ip := range k.config.ExternalIPs {
		out = append(out, corev1.NodeAddress{Type: corev1.NodeExternalIP, Address: ip})
	}
	return append(out, corev1.NodeAddress{Type: corev1.NodeHostName, Address: orElse(k.config.Hostname, k.config.Name)})
}

// nodeImages are the node's images, the biggest first.
func (k *Kubelet) nodeImages() []corev1.ContainerImage {
	byID := map[string]bool{}
	var out []corev1.ContainerImage
	k.images.Scan(func(_ string, image Image) bool {
		if !byID[image.ID] {
			byID[image.ID] = true
			names := append([]string(nil), image.Names...)
			if image.Ref != "" {
				names = append([]string{image.Ref}, names...)
			}
			out = append(out, corev1.ContainerImage{Names: names, SizeBytes: image.Size})
		}
		return true
	})
	slices.SortStableFunc(out, func(a, b corev1.ContainerImage) int {
		if a.SizeBytes != b.SizeBytes {
			return int(min(max(b.SizeBytes-a.SizeBytes, -1), 1))
		}
		return strings.Compare(first(a.Names), first(b.Names))
	})
	return out[:min(len(out), maxImages)]
}

// runtimeHandlers are what containerd offers with runc.
func runtimeHandlers() []corev1.NodeRuntimeHandler {
	features := func() *corev1.NodeRuntimeHandlerFeatures {
		return &corev1.NodeRuntimeHandlerFeatures{RecursiveReadOnlyMounts: ptrTo(true), UserNamespaces: ptrTo(true)}
	}
	return []corev1.NodeRuntimeHandler{{Name: "", Features: features()}, {Name: "runc", Features: features()}}
}

func ptrTo[T any](v T) *T { return &v }

// withResources keeps what others have added, such as the resources of
// devices.
func withResources(others, own corev1.ResourceList) corev1.ResourceList {
	out := maps.Clone(others)
	if out == nil {
		out = corev1.ResourceList{}
	}
	maps.Copy(out, own)
	return out
}

// allocatable is what of a node's capacity pods may use.
func allocatable(capacity, reserved corev1.ResourceList) corev1.ResourceList {
	out := capacity.DeepCopy()
	for name, q := range reserved {
		have := out[name]
		have.Sub(q)
		out[name] = have
	}
	return out
}

// runtimeHandler is the handler that a RuntimeClass names. One that is gone
// since the pod was admitted is asked for by its own name, which no runtime
// has: the sandbox fails, and says so.
func (k *Kubelet) runtimeHandler(class string) string {
	if found, ok := client.Get[*nodev1.RuntimeClass](k.client, "", class); ok {
		return found.Handler
	}
	return class
}
