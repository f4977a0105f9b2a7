package describe

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// podCounts are how many pods of a controller are in which phase, as text.
func (r *related) podCounts(ctx context.Context, owner metav1.Object, selector labels.Selector) (string, error) {
	pods, err := r.pods(ctx, owner.GetNamespace(), selector, nil)
	if err != nil {
		return "", err
	}
	counts := map[corev1.PodPhase]int{}
	for _, pod := range pods {
		if controller := metav1.GetControllerOf(pod); controller != nil && controller.UID == owner.GetUID() {
			counts[pod.Status.Phase]++
		}
	}
	return fmt.Sprintf("%d Running / %d Waiting / %d Succeeded / %d Failed",
		counts[corev1.PodRunning], counts[corev1.PodPending], counts[corev1.PodSucceeded], counts[corev1.PodFailed]), nil
}

// controllerCondition is what is shown of a condition of a controller.
type controllerCondition struct{ kind, status, reason string }

func (w *writer) controllerConditions(conditions []controllerCondition) {
	if len(conditions) == 0 {
		return
	}
	table := w.section("Conditions")
	table.heading("Type", "Status", "Reason")
	for _, c := range conditions {
		table.row(c.kind+" ", c.status, c.reason)
	}
}
