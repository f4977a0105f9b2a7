package resources

import (
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
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
		return averageCell(current) + "/" + m.Pods.Target.AverageValue.String()
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

// currentOf is the value in a metric's status; nil if that is missing.
func currentOf[T any](status *T, value func(*T) *autoscalingv2.MetricValueStatus) *autoscalingv2.MetricValueStatus {
	if status == nil {
		return nil
	}
	return value(status)
}

func valueOrAverageCell(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	switch {
	case target.AverageValue == nil && current == nil:
		return unknownMetric + "/" + target.Value.String()
	case target.AverageValue == nil:
		return current.Value.String() + "/" + target.Value.String()
	case current == nil || current.AverageValue == nil:
		return unknownMetric + "/" + target.AverageValue.String() + " (avg)"
	}
	return current.AverageValue.String() + "/" + target.AverageValue.String() + " (avg)"
}

func resourceCell(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	if target.AverageValue != nil {
		return averageCell(current) + "/" + target.AverageValue.String()
	}
	used := unknownMetric
	if current != nil {
		used = percentCell(current.AverageUtilization, unknownMetric)
	}
	return used + "/" + percentCell(target.AverageUtilization, "<auto>")
}

// averageCell is an average, which is <nil> where the status has another value.
func averageCell(current *autoscalingv2.MetricValueStatus) string {
	if current == nil {
		return unknownMetric
	}
	return current.AverageValue.String()
}

func percentCell(n *int32, none string) string {
	if n == nil {
		return none
	}
	return fmt.Sprintf("%d%%", *n)
}
