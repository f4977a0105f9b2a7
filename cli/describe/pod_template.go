package describe

import (
	"bufio"
	"bytes"

	corev1 "k8s.io/api/core/v1"
)

// PodTemplate describes a template alone, its columns separated by tabs, as
// the history of rollouts shows it.
func PodTemplate(template *corev1.PodTemplateSpec) string {
	var buffer bytes.Buffer
	w := &writer{out: bufio.NewWriter(&buffer)}
	w.podTemplate(template)
	_ = w.out.Flush() // A buffer takes everything.
	return buffer.String()
}

// podTemplate writes the pods that a controller makes.
func (w *writer) podTemplate(template *corev1.PodTemplateSpec) {
	w.line("Pod Template:")
	if template == nil {
		w.text("  <unset>")
		return
	}
	const margin = "  "
	w.pairs(margin+"Labels", template.Labels)
	if len(template.Annotations) > 0 {
		w.annotations(margin+"Annotations", template.Annotations)
	}
	w.optional(margin+"Service Account", template.Spec.ServiceAccountName)
	if len(template.Spec.InitContainers) > 0 {
		w.containers(margin, "Init Containers", template.Spec.InitContainers, nil, nil)
	}
	w.containers(margin, "Containers", template.Spec.Containers, nil, nil)
	w.volumes(margin, template.Spec.Volumes)
	w.topologySpread(margin, template.Spec.TopologySpreadConstraints)
	w.optional(margin+"Priority Class Name", template.Spec.PriorityClassName)
	w.pairs(margin+"Node-Selectors", template.Spec.NodeSelector)
	w.tolerations(margin+"Tolerations", template.Spec.Tolerations)
	w.schedulingGroup(margin, template.Spec.SchedulingGroup)
}
