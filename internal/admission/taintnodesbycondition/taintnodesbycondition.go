// Package taintnodesbycondition keeps pods off a new node until it has shown
// that it is ready.
package taintnodesbycondition

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/admission"
)

// Plugin is the TaintNodesByCondition admission plugin.
type Plugin struct{}

// Name is the plugin's name.
func (Plugin) Name() string { return "TaintNodesByCondition" }

// Admit taints a new node.
func (Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "nodes") || a.Operation != admission.Create {
		return nil
	}
	node := a.Object.(*corev1.Node)
	taint := corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}
	if !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.MatchTaint(&taint) }) {
		node.Spec.Taints = append(node.Spec.Taints, taint)
	}
	return nil
}
