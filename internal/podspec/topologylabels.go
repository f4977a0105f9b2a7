package podspec

import (
	corev1 "k8s.io/api/core/v1"
)

// TopologyLabels are the labels of a node that its pods share.
func TopologyLabels(node *corev1.Node) map[string]string {
	labels := map[string]string{}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
		if value, ok := node.Labels[key]; ok {
			labels[key] = value
		}
	}
	return labels
}
