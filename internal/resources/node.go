package resources

import (
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

// node keeps the status it is created with: kubelets register with one.
func node() *Kind {
	status, info := corev1.NodeStatus{}.SwaggerDoc(), corev1.NodeSystemInfo{}.SwaggerDoc()
	return define(Definition[*corev1.Node]{
		Name: "Node", Resource: "nodes", ShortNames: []string{"no"}, ClusterScoped: true,
		RevalidatesName: true,
		Version:         corev1.SchemeGroupVersion,
		Default:         defaultNode,
		PrepareForCreate: func(n *corev1.Node) {
			dropNodeFields(n)
			n.Status.Config = nil
		},
		PrepareForUpdate: func(n, _ *corev1.Node) { dropNodeFields(n) },
		Validate:         validateNode,
		ValidateUpdate:   validateNodeUpdate,
		Warnings:         nodeWarnings,
		Status: &Status[*corev1.Node]{
			Copy:  func(to, from *corev1.Node) { to.Status = *from.Status.DeepCopy() },
			Reset: func(*corev1.Node) {},
			Keep: func(n, old *corev1.Node) {
				if old.Status.Config == nil {
					n.Status.Config = nil // that feature is gone
				}
			},
			Validate: validateNodeStatus,
		},
		Subresources: []*Subresource{proxySubresource("NodeProxyOptions")},
		Fields: func(n *corev1.Node) fields.Set {
			return fields.Set{"spec.unschedulable": strconv.FormatBool(n.Spec.Unschedulable)}
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Status", "The status of the node"),
			Column("Roles", "The roles of the node"),
			AgeColumn(),
			Column("Version", info["kubeletVersion"]),
			Wide(Column("Internal-IP", status["addresses"])),
			Wide(Column("External-IP", status["addresses"])),
			Wide(Column("OS-Image", info["osImage"])),
			Wide(Column("Kernel-Version", info["kernelVersion"])),
			Wide(Column("Container-Runtime", info["containerRuntimeVersion"])),
		},
		Row: nodeRow,
	})
}

// defaultNode also keeps podCIDR and podCIDRs in step, for clients that know
// only the former.
func defaultNode(n *corev1.Node) {
	if len(n.Status.Allocatable) == 0 && n.Status.Capacity != nil {
		n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	}
	if cidr := n.Spec.PodCIDR; cidr != "" && (len(n.Spec.PodCIDRs) == 0 || n.Spec.PodCIDRs[0] != cidr) {
		n.Spec.PodCIDRs = []string{cidr}
	}
	if len(n.Spec.PodCIDRs) > 0 {
		n.Spec.PodCIDR = n.Spec.PodCIDRs[0]
	}
}

// dropNodeFields clears the fields of features that are gone, or off by default.
func dropNodeFields(n *corev1.Node) {
	n.Spec.ConfigSource = nil
	n.Spec.PodPreemptionPolicy = nil
}

func nodeWarnings(n, _ *corev1.Node) []string {
	var warnings []string
	if n.Spec.ConfigSource != nil {
		warnings = append(warnings, "spec.configSource: the feature is removed in 1.24")
	}
	if n.Spec.DoNotUseExternalID != "" {
		warnings = append(warnings, "spec.externalID: this field is deprecated, and is unused by Kubernetes")
	}
	return warnings
}

func nodeRow(n *corev1.Node, now time.Time) []any {
	info := n.Status.NodeInfo
	kernel := orElse(info.KernelVersion, "<unknown>")
	if info.Architecture != "" {
		kernel += " (" + info.Architecture + ")"
	}
	return []any{
		n.Name, nodeStatusCell(n), joinOr(nodeRoles(n), "<none>"), Age(n.CreationTimestamp, now), info.KubeletVersion,
		nodeAddress(n, corev1.NodeInternalIP), nodeAddress(n, corev1.NodeExternalIP),
		orElse(info.OSImage, "<unknown>"), kernel, orElse(info.ContainerRuntimeVersion, "<unknown>"),
	}
}

func nodeStatusCell(n *corev1.Node) string {
	status := "Unknown"
	for _, c := range n.Status.Conditions {
		if c.Type != corev1.NodeReady {
			continue
		}
		status = "NotReady"
		if c.Status == corev1.ConditionTrue {
			status = "Ready"
		}
	}
	if n.Spec.Unschedulable {
		status += ",SchedulingDisabled"
	}
	return status
}

// nodeRoles are in labels node-role.kubernetes.io/ROLE, or kubernetes.io/role=ROLE.
func nodeRoles(n *corev1.Node) []string {
	var roles []string
	for key, value := range n.Labels {
		if role, ok := strings.CutPrefix(key, "node-role.kubernetes.io/"); ok && role != "" {
			roles = append(roles, role)
		}
		if key == "kubernetes.io/role" && value != "" {
			roles = append(roles, value)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func nodeAddress(n *corev1.Node, t corev1.NodeAddressType) string {
	for _, a := range n.Status.Addresses {
		if a.Type == t {
			return a.Address
		}
	}
	return "<none>"
}
