// Package podtopologylabels gives pods that are created on a node the labels that
// say where that is. Those that are bound to one later get them then.
package podtopologylabels

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

// Plugin is the PodTopologyLabels admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "PodTopologyLabels" }

// Admit labels a new pod that has a node.
func (p Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "pods") || a.Operation != admission.Create {
		return nil
	}
	pod := a.Object.(*corev1.Pod)
	node, ok := client.Get[*corev1.Node](p.Client, "", pod.Spec.NodeName)
	if !ok {
		return nil
	}
	labels := podspec.TopologyLabels(node)
	if pod.Labels == nil && len(labels) > 0 {
		pod.Labels = map[string]string{}
	}
	maps.Copy(pod.Labels, labels)
	return nil
}
