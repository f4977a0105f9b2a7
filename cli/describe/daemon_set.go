package describe

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describeDaemonSet(ctx context.Context, w *writer, set *appsv1.DaemonSet, r *related) error {
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return err
	}
	counts, err := r.podCounts(ctx, set, selector)
	if err != nil {
		return err
	}
	status := set.Status
	w.field("Name", set.Name)
	w.field("Namespace", set.Namespace)
	w.field("Selector", selector)
	w.field("Node-Selector", labels.FormatLabels(set.Spec.Template.Spec.NodeSelector))
	w.pairs("Labels", set.Labels)
	w.annotations("Annotations", set.Annotations)
	w.line("Desired Number of Nodes Scheduled: %d", status.DesiredNumberScheduled)
	w.line("Current Number of Nodes Scheduled: %d", status.CurrentNumberScheduled)
	w.line("Number of Nodes Scheduled with Up-to-date Pods: %d", status.UpdatedNumberScheduled)
	w.line("Number of Nodes Scheduled with Available Pods: %d", status.NumberAvailable)
	w.line("Number of Nodes Misscheduled: %d", status.NumberMisscheduled)
	w.field("Pods Status", counts)
	w.podTemplate(&set.Spec.Template)
	w.events(ctx, r, aboutObject("DaemonSet", set))
	return nil
}
