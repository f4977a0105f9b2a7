package describe

import (
	"context"
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

func describeHorizontalPodAutoscaler(ctx context.Context, w *writer, hpa *autoscalingv2.HorizontalPodAutoscaler, r *related) error {
	w.metadata(hpa, true)
	w.field("CreationTimestamp", date(hpa.CreationTimestamp.Time))
	target := hpa.Spec.ScaleTargetRef
	w.field("Reference", target.Kind+"/"+target.Name)
	w.field("Metrics", "( current / target )")
	for i, metric := range hpa.Spec.Metrics {
		current := autoscalingv2.MetricStatus{}
		if i < len(hpa.Status.CurrentMetrics) {
			current = hpa.Status.CurrentMetrics[i]
		}
		w.in().metric(metric, current)
	}
	w.field("Min replicas", or(hpa.Spec.MinReplicas, "<unset>"))
	w.field("Max replicas", hpa.Spec.MaxReplicas)
	if behavior := hpa.Spec.Behavior; behavior != nil {
		section := w.section("Behavior")
		section.scalingRules("Scale Up", behavior.ScaleUp)
		section.scalingRules("Scale Down", behavior.ScaleDown)
	}
	w.fieldf(target.Kind+" pods", "%d current / %d desired", hpa.Status.CurrentReplicas, hpa.Status.DesiredReplicas)
	if conditions := hpa.Status.Conditions; len(conditions) > 0 {
		table := w.section("Conditions")
		table.heading("Type", "Status", "Reason", "Message")
		for _, c := range conditions {
			table.row(string(c.Type), string(c.Status), c.Reason, c.Message)
		}
	}
	w.events(ctx, r, aboutObject("HorizontalPodAutoscaler", hpa))
	return nil
}

// metric writes what a metric is, and is meant to be.
func (w *writer) metric(metric autoscalingv2.MetricSpec, current autoscalingv2.MetricStatus) {
	switch {
	case metric.Type == autoscalingv2.ExternalMetricSourceType && metric.External != nil:
		value, word := metricValue(current.External, metric.External.Target)
		w.fieldf(fmt.Sprintf("%q (target %s)", metric.External.Metric.Name, word), "%s", value)
	case metric.Type == autoscalingv2.PodsMetricSourceType && metric.Pods != nil:
		now := "<unknown>"
		if current.Pods != nil {
			now = quantityText(current.Pods.Current.AverageValue)
		}
		w.fieldf(fmt.Sprintf("%q on pods", metric.Pods.Metric.Name), "%s / %s", now, quantityText(metric.Pods.Target.AverageValue))
	case metric.Type == autoscalingv2.ObjectMetricSourceType && metric.Object != nil:
		w.objectMetric(metric.Object, current.Object)
	case metric.Type == autoscalingv2.ResourceMetricSourceType && metric.Resource != nil:
		var now *autoscalingv2.MetricValueStatus
		if current.Resource != nil {
			now = &current.Resource.Current
		}
		w.resourceMetric(fmt.Sprintf("resource %s on pods", metric.Resource.Name), metric.Resource.Target, now)
	case metric.Type == autoscalingv2.ContainerResourceMetricSourceType && metric.ContainerResource != nil:
		var now *autoscalingv2.MetricValueStatus
		if current.ContainerResource != nil {
			now = &current.ContainerResource.Current
		}
		w.resourceMetric(fmt.Sprintf("resource %s of container \"%s\" on pods", metric.ContainerResource.Name, metric.ContainerResource.Container),
			metric.ContainerResource.Target, now)
	default:
		w.line("<unknown metric type %q>", string(metric.Type))
	}
}

// metricValue is an external metric, by average or as a whole.
func metricValue(current *autoscalingv2.ExternalMetricStatus, target autoscalingv2.MetricTarget) (text, word string) {
	now := "<unknown>"
	if target.AverageValue != nil {
		if current != nil && current.Current.AverageValue != nil {
			now = current.Current.AverageValue.String()
		}
		return now + " / " + target.AverageValue.String(), "average value"
	}
	if current != nil {
		now = quantityText(current.Current.Value)
	}
	return now + " / " + quantityText(target.Value), "value"
}

func (w *writer) objectMetric(metric *autoscalingv2.ObjectMetricSource, current *autoscalingv2.ObjectMetricStatus) {
	label := fmt.Sprintf("\"%s\" on %s/%s ", metric.Metric.Name, metric.DescribedObject.Kind, metric.DescribedObject.Name)
	now, target := "<unknown>", metric.Target.Value
	if metric.Target.Type == autoscalingv2.AverageValueMetricType {
		label, target = label+"(target average value)", metric.Target.AverageValue
		if current != nil {
			now = quantityText(current.Current.AverageValue)
		}
	} else {
		label += "(target value)"
		if current != nil {
			now = quantityText(current.Current.Value)
		}
	}
	w.fieldf(label, "%s / %s", now, quantityText(target))
}

// resourceMetric writes a metric of the pods' own resources, by average value
// or by utilization.
func (w *writer) resourceMetric(label string, target autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) {
	now := "<unknown>"
	if target.AverageValue != nil {
		if current != nil {
			now = quantityText(current.AverageValue)
		}
		w.fieldf(label, "%s / %s", now, target.AverageValue)
		return
	}
	if current != nil && current.AverageUtilization != nil {
		now = fmt.Sprintf("%d%% (%s)", *current.AverageUtilization, quantityText(current.AverageValue))
	}
	goal := "<auto>"
	if target.AverageUtilization != nil {
		goal = fmt.Sprintf("%d%%", *target.AverageUtilization)
	}
	w.fieldf(label+"  (as a percentage of request)", "%s / %s", now, goal)
}

func quantityText(quantity *resource.Quantity) string {
	if quantity == nil {
		return "<nil>"
	}
	return quantity.String()
}

func (w *writer) scalingRules(title string, rules *autoscalingv2.HPAScalingRules) {
	if rules == nil {
		return
	}
	w = w.section(title)
	if rules.StabilizationWindowSeconds != nil {
		w.line("Stabilization Window: %d seconds", *rules.StabilizationWindowSeconds)
	}
	if len(rules.Policies) == 0 {
		return
	}
	w.line("Select Policy: %s", or(rules.SelectPolicy, string(autoscalingv2.MaxChangePolicySelect)))
	policies := w.section("Policies")
	for _, p := range rules.Policies {
		policies.line("- Type: %s\tValue: %d\tPeriod: %d seconds", p.Type, p.Value, p.PeriodSeconds)
	}
}

// describeHorizontalPodAutoscalerV1 is for servers that have no version 2.
func describeHorizontalPodAutoscalerV1(ctx context.Context, w *writer, hpa *autoscalingv1.HorizontalPodAutoscaler, r *related) error {
	w.metadata(hpa, true)
	w.field("CreationTimestamp", date(hpa.CreationTimestamp.Time))
	target := hpa.Spec.ScaleTargetRef
	w.field("Reference", target.Kind+"/"+target.Name)
	if goal := hpa.Spec.TargetCPUUtilizationPercentage; goal != nil {
		w.fieldf("Target CPU utilization", "%d%%", *goal)
		w.fieldf("Current CPU utilization", "%s%%", or(hpa.Status.CurrentCPUUtilizationPercentage, "<unknown>"))
	}
	w.field("Min replicas", or(hpa.Spec.MinReplicas, "<unset>"))
	w.field("Max replicas", hpa.Spec.MaxReplicas)
	w.fieldf(target.Kind+" pods", "%d current / %d desired", hpa.Status.CurrentReplicas, hpa.Status.DesiredReplicas)
	w.events(ctx, r, aboutObject("HorizontalPodAutoscaler", hpa))
	return nil
}
