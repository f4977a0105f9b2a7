package resources

import (
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// maxMetricsShown is how many metrics a table has room for.
const maxMetricsShown = 2

// unknownMetric stands for a value that nobody has measured.
const unknownMetric = "<unknown>"

// metricsCell is current/target of each metric.
func metricsCell(a *autoscalingv2.HorizontalPodAutoscaler) string {
	if len(a.Spec.Metrics) == 0 {
		return "<none>"
	}
	var cells []string
	for i := range a.Spec.Metrics {
		status := autoscalingv2.MetricStatus{}
		if i < len(a.Status.CurrentMetrics) {
			status = a.Status.CurrentMetrics[i]
		}
		cells = append(cells, metricCell(&a.Spec.Metrics[i], &status))
	}
	if len(cells) <= maxMetricsShown {
		return strings.Join(cells, ", ")
	}
	return fmt.Sprintf("%s + %d more...", strings.Join(cells[:maxMetricsShown], ", "), len(cells)-maxMetricsShown)
}

func metricCell(m *autoscalingv2.MetricSpec, status *autoscalingv2.MetricStatus) string {
	switch {
	case m.External != nil:
		return valueOrAverageCell(&m.External.Target, currentOf(status.External, func(s *autoscalingv2.ExternalMetricStatus) *autoscalingv2.MetricValueStatus { return &s.Current }))
	case m.Pods != nil:
		current := currentOf(status.Pods, func(s *autoscalingv2.PodsMetricStatus) *autoscalingv2.MetricValueStatus { return &s.Current })
		return quantityCell(current.AverageValue) + "/" + quantityCell(m.Pods.Target.AverageValue)
	case m.Object != nil:
		return valueOrAverageCell(&m.Object.Target, currentOf(status.Object, func(s *autoscalingv2.ObjectMetricStatus) *autoscalingv2.MetricValueStatus { return &s.Current }))
	case m.Resource != nil:
		current := currentOf(status.Resource, func(s *autoscalingv2.ResourceMetricStatus) *autoscalingv2.MetricValueStatus { return &s.Current })
		return string(m.Resource.Name) + ": " + resourceCell(&m.Resource.Target, current)
	case m.ContainerResource != nil:
		current := currentOf(status.ContainerResource, func(s *autoscalingv2.ContainerResourceMetricStatus) *autoscalingv2.MetricValueStatus {
			return &s.Current
		})
		return string(m.ContainerResource.Name) + ": " + resourceCell(&m.ContainerResource.Target, current)
	}
	return "<unknown type>"
}

// currentOf is the value in a metric's status, which may be missing.
func currentOf[T any](status *T, value func(*T) *autoscalingv2.MetricValueStatus) *autoscalingv2.MetricValueStatus {
	if status == nil {
		return &autoscalingv2.MetricValueStatus{}
	}
	return value(status)
}

func valueOrAverageCell(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	if target.AverageValue != nil {
		return fmt.Sprintf("%s/%s (avg)", quantityCell(current.AverageValue), target.AverageValue)
	}
	return quantityCell(current.Value) + "/" + quantityCell(target.Value)
}

func resourceCell(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	if target.AverageValue != nil {
		return quantityCell(current.AverageValue) + "/" + target.AverageValue.String()
	}
	return percentCell(current.AverageUtilization, unknownMetric) + "/" + percentCell(target.AverageUtilization, "<auto>")
}

func quantityCell(q *resource.Quantity) string {
	if q == nil {
		return unknownMetric
	}
	return q.String()
}

func percentCell(n *int32, none string) string {
	if n == nil {
		return none
	}
	return fmt.Sprintf("%d%%", *n)
}
