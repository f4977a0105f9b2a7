package describe

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describeReplicationController(ctx context.Context, w *writer, controller *corev1.ReplicationController, r *related) error {
	counts, err := r.podCounts(ctx, controller, labels.SelectorFromSet(controller.Spec.Selector))
	if err != nil {
		return err
	}
	w.field("Name", controller.Name)
	w.field("Namespace", controller.Namespace)
	w.field("Selector", labels.FormatLabels(controller.Spec.Selector))
	w.pairs("Labels", controller.Labels)
	w.annotations("Annotations", controller.Annotations)
	w.fieldf("Replicas", "%d current / %d desired", controller.Status.Replicas, deref(controller.Spec.Replicas))
	w.field("Pods Status", counts)
	w.podTemplate(controller.Spec.Template)
	var conditions []controllerCondition
	for _, c := range controller.Status.Conditions {
		conditions = append(conditions, controllerCondition{string(c.Type), string(c.Status), c.Reason})
	}
	w.controllerConditions(conditions)
	w.events(ctx, r, aboutObject("ReplicationController", controller))
	return nil
}
