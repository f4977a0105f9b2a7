// Package defaulttolerationseconds lets pods stay five minutes on a node that
// is not ready or not reachable, unless they say otherwise.
package defaulttolerationseconds

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/admission"
)

// seconds that a pod stays.
const seconds int64 = 300

// Plugin is the DefaultTolerationSeconds admission plugin.
type Plugin struct{}

// Name is the plugin's name.
func (Plugin) Name() string { return "DefaultTolerationSeconds" }

// Admit adds the tolerations that a pod lacks.
func (Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "pods") || a.Operation != admission.Create && a.Operation != admission.Update {
		return nil
	}
	pod := a.Object.(*corev1.Pod)
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		if !tolerates(pod, key) {
			stay := seconds
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
				Key: key, Operator: corev1.TolerationOpExists,
				Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &stay,
			})
		}
	}
	return nil
}

func tolerates(pod *corev1.Pod, key string) bool {
	for _, t := range pod.Spec.Tolerations {
		if (t.Key == key || t.Key == "") && (t.Effect == corev1.TaintEffectNoExecute || t.Effect == "") {
			return true
		}
	}
	return false
}
