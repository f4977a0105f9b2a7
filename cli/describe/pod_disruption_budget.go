package describe

import (
	"context"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describePodDisruptionBudget(ctx context.Context, w *writer, budget *policyv1.PodDisruptionBudget, r *related) error {
	w.field("Name", budget.Name)
	w.field("Namespace", budget.Namespace)
	if budget.Spec.MinAvailable != nil {
		w.field("Min available", budget.Spec.MinAvailable)
	} else if budget.Spec.MaxUnavailable != nil {
		w.field("Max unavailable", budget.Spec.MaxUnavailable)
	}
	selector := "<unset>"
	if budget.Spec.Selector != nil {
		selector = metav1.FormatLabelSelector(budget.Spec.Selector)
	}
	w.field("Selector", selector)
	w.line("Status:")
	w.at(2).fields("Allowed disruptions", budget.Status.DisruptionsAllowed, "Current", budget.Status.CurrentHealthy,
		"Desired", budget.Status.DesiredHealthy, "Total", budget.Status.ExpectedPods)
	w.events(ctx, r, aboutObject("PodDisruptionBudget", budget))
	return nil
}
