package describe

import (
	"context"

	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describePriorityClass(ctx context.Context, w *writer, class *schedulingv1.PriorityClass, r *related) error {
	w.fields("Name", class.Name, "Value", class.Value, "GlobalDefault", class.GlobalDefault,
		"PreemptionPolicy", deref(class.PreemptionPolicy), "Description", class.Description,
		"Annotations", labels.FormatLabels(class.Annotations))
	w.events(ctx, r, aboutObject("PriorityClass", class))
	return nil
}
