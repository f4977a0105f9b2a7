package describe

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describeReplicaSet(ctx context.Context, w *writer, set *appsv1.ReplicaSet, r *related) error {
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return err
	}
	counts, err := r.podCounts(ctx, set, selector)
	if err != nil {
		counts = "error in fetching pods: " + err.Error()
	}
	w.field("Name", set.Name)
	w.field("Namespace", set.Namespace)
	w.field("Selector", metav1.FormatLabelSelector(set.Spec.Selector))
	w.pairs("Labels", set.Labels)
	w.annotations("Annotations", set.Annotations)
	w.controlledBy(set)
	w.fieldf("Replicas", "%d current / %d desired", set.Status.Replicas, deref(set.Spec.Replicas))
	w.field("Pods Status", counts)
	w.podTemplate(&set.Spec.Template)
	var conditions []controllerCondition
	for _, c := range set.Status.Conditions {
		conditions = append(conditions, controllerCondition{string(c.Type), string(c.Status), c.Reason})
	}
	w.controllerConditions(conditions)
	w.events(ctx, r, aboutObject("ReplicaSet", set))
	return nil
}
