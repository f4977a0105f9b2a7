package describe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
)

func describeNode(ctx context.Context, w *writer, node *corev1.Node, r *related) error {
	pods, err := r.pods(ctx, "", nil, fields.AndSelectors(
		fields.OneTermEqualSelector("spec.nodeName", node.Name),
		fields.OneTermNotEqualSelector("status.phase", string(corev1.PodSucceeded)),
		fields.OneTermNotEqualSelector("status.phase", string(corev1.PodFailed)),
	))
	hidden := apierrors.IsForbidden(err)
	if err != nil && !hidden {
		return err
	}
	w.nodeIdentity(node)
	w.nodeLease(get(ctx, r, leaseCollection(), corev1.NamespaceNodeLease, node.Name))
	w.nodeConditions(node.Status.Conditions)
	addresses := w.section("Addresses")
	for _, address := range node.Status.Addresses {
		addresses.field(string(address.Type), address.Address)
	}
	w.resourceList("Capacity", node.Status.Capacity)
	w.resourceList("Allocatable", node.Status.Allocatable)
	if slices, err := find(ctx, r, deviceCollection(), "", nil,
		fields.OneTermEqualSelector(resourcev1.ResourceSliceSelectorNodeName, node.Name)); err == nil {
		w.devicePools(slices)
	}
	w.nodeSystem(node)
	if hidden {
		w.field("Pods", "not authorized")
	} else {
		w.nodePods(node, pods)
	}
	// Controllers record events under the node's UID, kubelets under its name.
	byName := aboutObject("Node", node)
	byName.uid = types.UID(node.Name)
	w.events(ctx, r, aboutObject("Node", node), byName)
	return nil
}

func (w *writer) nodeIdentity(node *corev1.Node) {
	w.field("Name", node.Name)
	w.field("Roles", orNone(strings.Join(nodeRoles(node), ",")))
	w.pairs("Labels", node.Labels)
	w.annotations("Annotations", node.Annotations)
	w.field("CreationTimestamp", date(node.CreationTimestamp.Time))
	w.taints(node.Spec.Taints)
	w.field("Unschedulable", node.Spec.Unschedulable)
}

// nodeRoles are the roles that a node's labels tell, in order.
func nodeRoles(node *corev1.Node) []string {
	var roles []string
	for key, value := range node.Labels {
		if role, ok := strings.CutPrefix(key, "node-role.kubernetes.io/"); ok && role != "" {
			roles = append(roles, role)
		} else if key == "kubernetes.io/role" && value != "" {
			roles = append(roles, value)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func (w *writer) nodeLease(lease *coordinationv1.Lease, err error) {
	if err != nil {
		w.fieldf("Lease", "Failed to get lease: %s", err)
		return
	}
	w.section("Lease").fields("HolderIdentity", or(lease.Spec.HolderIdentity, "<unset>"),
		"AcquireTime", microDate(lease.Spec.AcquireTime), "RenewTime", microDate(lease.Spec.RenewTime))
}

func microDate(t *metav1.MicroTime) string {
	if t == nil {
		return "<unset>"
	}
	return date(t.Time)
}

func (w *writer) nodeConditions(conditions []corev1.NodeCondition) {
	if len(conditions) == 0 {
		return
	}
	table := w.section("Conditions")
	table.heading("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
	for _, c := range conditions {
		table.line("%s \t%s \t%s \t%s \t%s \t%s", c.Type, c.Status,
			date(c.LastHeartbeatTime.Time), date(c.LastTransitionTime.Time), c.Reason, c.Message)
	}
}

// devicePools counts the devices on a node by driver and pool.
func (w *writer) devicePools(all []*resourcev1.ResourceSlice) {
	type pool struct {
		driver, name    string
		slices, devices int
	}
	var pools []*pool
	for _, slice := range all {
		i := slices.IndexFunc(pools, func(p *pool) bool {
			return p.driver == slice.Spec.Driver && p.name == slice.Spec.Pool.Name
		})
		if i < 0 {
			i = len(pools)
			pools = append(pools, &pool{driver: slice.Spec.Driver, name: slice.Spec.Pool.Name})
		}
		pools[i].slices++
		pools[i].devices += len(slice.Spec.Devices)
	}
	if len(pools) == 0 {
		return
	}
	slices.SortFunc(pools, func(a, b *pool) int { return cmp.Compare(a.driver+"/"+a.name, b.driver+"/"+b.name) })
	table := w.section("Node-Local ResourceSlices")
	table.heading("Driver", "Pool", "Slices", "Devices")
	const most = 10
	for _, p := range pools[:min(most, len(pools))] {
		table.row(p.driver, p.name, fmt.Sprint(p.slices), fmt.Sprint(p.devices))
	}
	if len(pools) > most {
		table.line("...and %d more pools", len(pools)-most)
	}
}

func (w *writer) nodeSystem(node *corev1.Node) {
	info := node.Status.NodeInfo
	w.section("System Info").fields(
		"Machine ID", info.MachineID, "System UUID", info.SystemUUID, "Boot ID", info.BootID,
		"Kernel Version", info.KernelVersion, "OS Image", info.OSImage, "Operating System", info.OperatingSystem,
		"Architecture", info.Architecture, "Container Runtime Version", info.ContainerRuntimeVersion,
		"Kubelet Version", info.KubeletVersion)
	w.optional("PodCIDR", node.Spec.PodCIDR)
	w.optional("PodCIDRs", strings.Join(node.Spec.PodCIDRs, ","))
	w.optional("ProviderID", node.Spec.ProviderID)
}
