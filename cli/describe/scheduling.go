package describe

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tolerations writes what taints a pod tolerates, by key.
func (w *writer) tolerations(label string, tolerations []corev1.Toleration) {
	sorted := slices.Clone(tolerations)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Key < sorted[j].Key })
	lines := make([]string, 0, len(sorted))
	for _, toleration := range sorted {
		lines = append(lines, tolerationText(toleration))
	}
	w.list(label, lines)
}

func tolerationText(t corev1.Toleration) string {
	text := t.Key
	if t.Value != "" {
		text += "=" + t.Value
	}
	if t.Effect != "" {
		text += ":" + string(t.Effect)
	}
	if t.Operator == corev1.TolerationOpExists && t.Value == "" {
		if t.Key != "" || t.Effect != "" {
			text += " "
		}
		text += "op=Exists"
	}
	if t.TolerationSeconds != nil {
		text += fmt.Sprintf(" for %ds", *t.TolerationSeconds)
	}
	return text
}

// taints writes a node's taints, by effect and key.
func (w *writer) taints(taints []corev1.Taint) {
	sorted := slices.Clone(taints)
	sort.Slice(sorted, func(i, j int) bool {
		return string(sorted[i].Effect)+","+sorted[i].Key < string(sorted[j].Effect)+","+sorted[j].Key
	})
	lines := make([]string, 0, len(sorted))
	for _, taint := range sorted {
		lines = append(lines, taint.ToString())
	}
	w.list("Taints", lines)
}

func (w *writer) topologySpread(margin string, constraints []corev1.TopologySpreadConstraint) {
	if len(constraints) == 0 {
		return
	}
	sorted := slices.Clone(constraints)
	sort.Slice(sorted, func(i, j int) bool { return cmp.Less(sorted[i].TopologyKey, sorted[j].TopologyKey) })
	lines := make([]string, 0, len(sorted))
	for _, c := range sorted {
		line := fmt.Sprintf("%s:%s when max skew %d is exceeded", c.TopologyKey, c.WhenUnsatisfiable, c.MaxSkew)
		if c.LabelSelector != nil {
			line += " for selector " + metav1.FormatLabelSelector(c.LabelSelector)
		}
		lines = append(lines, line)
	}
	w.list(margin+"Topology Spread Constraints", lines)
}

func (w *writer) schedulingGroup(margin string, group *corev1.PodSchedulingGroup) {
	if group == nil {
		return
	}
	w.line("%sSchedulingGroup:", margin)
	w.in().field("PodGroupName", deref(group.PodGroupName))
}

// nodeTerm writes a term of node requirements.
func (w *writer) nodeTerm(label string, requirements []corev1.NodeSelectorRequirement) {
	lines := make([]string, 0, len(requirements))
	for _, r := range requirements {
		lines = append(lines, requirementText(r.Key, strings.ToLower(string(r.Operator)), r.Values))
	}
	w.list(label, lines)
}

func requirementText(key, operator string, values []string) string {
	text := key + " " + operator
	if len(values) > 0 {
		text += " [" + strings.Join(values, ", ") + "]"
	}
	return text
}
