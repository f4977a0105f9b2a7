package horizontalpodautoscaler

import (
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/internal/client"
)

// measured is what one metric asks for.
type measured struct {
	replicas int32
	name     string
	status   autoscalingv2.MetricStatus
}

// measure asks every metric and returns the largest answer; nil where there is
// none to act upon. Metrics that fail never shrink a target.
func (s *session) measure() (*measured, []autoscalingv2.MetricStatus, error) {
	selector, err := labels.Parse(s.target.Scale.Status.Selector)
	if err == nil && selector.Empty() {
		err = errors.New("selector is required")
		s.warn("SelectorRequired", err.Error())
		s.setCondition(autoscalingv2.ScalingActive, false, "InvalidSelector", "the HPA target's scale is missing a selector")
	}
	if err != nil {
		return nil, nil, err
	}
	s.pods = client.List[*corev1.Pod](s.client, s.hpa.Namespace, selector)
	specs := s.hpa.Spec.Metrics
	statuses := make([]autoscalingv2.MetricStatus, len(specs))
	var most *measured
	var failed []*metricError
	for i := range specs {
		m, err := s.measureOne(&specs[i])
		if err != nil {
			s.warn(err.reason, err.cause.Error())
			failed = append(failed, err)
			continue
		}
		statuses[i] = m.status
		if most == nil || m.replicas > most.replicas {
			most = m
		}
	}
	if len(failed) > 0 {
		err = fmt.Errorf("invalid metrics (%d invalid out of %d), first error is: %w", len(failed), len(specs), failed[0])
		if most == nil || most.replicas < s.target.Scale.Spec.Replicas {
			s.setCondition(autoscalingv2.ScalingActive, false, failed[0].reason, "the HPA was unable to compute the replica count: %v", failed[0].cause)
			return nil, statuses, err
		}
	}
	s.setCondition(autoscalingv2.ScalingActive, true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from %s", most.name)
	return most, statuses, err
}

// metricError is a metric that has no answer.
type metricError struct {
	reason string
	what   string
	cause  error
}

func (e *metricError) Error() string { return fmt.Sprintf("failed to get %s: %v", e.what, e.cause) }

func (e *metricError) Unwrap() error { return e.cause }

func (s *session) measureOne(spec *autoscalingv2.MetricSpec) (*measured, *metricError) {
	switch spec.Type {
	case autoscalingv2.ResourceMetricSourceType:
		r := spec.Resource
		m, current, err := s.measureResource(r.Name, "", r.Target)
		if err != nil {
			return nil, &metricError{"FailedGetResourceMetric", fmt.Sprintf("%s resource metric value", r.Name), err}
		}
		m.status = autoscalingv2.MetricStatus{Type: spec.Type, Resource: &autoscalingv2.ResourceMetricStatus{Name: r.Name, Current: current}}
		return m, nil
	case autoscalingv2.ContainerResourceMetricSourceType:
		r := spec.ContainerResource
		m, current, err := s.measureResource(r.Name, r.Container, r.Target)
		if err != nil {
			return nil, &metricError{"FailedGetContainerResourceMetric", fmt.Sprintf("%s container metric value", r.Name), err}
		}
		m.status = autoscalingv2.MetricStatus{Type: spec.Type, ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{
			Name: r.Name, Container: r.Container, Current: current,
		}}
		return m, nil
	}
	return nil, unavailable(spec)
}

// unavailable is the answer of a cluster that serves no custom or external
// metrics.
func unavailable(spec *autoscalingv2.MetricSpec) *metricError {
	const none = "unable to fetch metrics from %s metrics API: no known available metric versions found"
	custom, external := fmt.Errorf(none, "custom"), fmt.Errorf(none, "external")
	switch spec.Type {
	case autoscalingv2.PodsMetricSourceType:
		return &metricError{"FailedGetPodsMetric", "pods metric value", fmt.Errorf("unable to get metric %s: %w", spec.Pods.Metric.Name, custom)}
	case autoscalingv2.ObjectMetricSourceType:
		o := spec.Object
		return &metricError{"FailedGetObjectMetric", "object metric value", fmt.Errorf("unable to get metric %s: %s on %s %w", o.Metric.Name, o.DescribedObject.Kind, o.DescribedObject.Name, custom)}
	case autoscalingv2.ExternalMetricSourceType:
		return &metricError{"FailedGetExternalMetric", spec.External.Metric.Name + " external metric value", fmt.Errorf("unable to get external metric %s: %w", spec.External.Metric.Name, external)}
	}
	return &metricError{"InvalidMetricSourceType", "metric", fmt.Errorf("unknown metric source type %q", spec.Type)}
}

// measureResource asks for replicas by the use of a resource, of one container
// or ("") of all.
func (s *session) measureResource(name corev1.ResourceName, container string, target autoscalingv2.MetricTarget) (*measured, autoscalingv2.MetricValueStatus, error) {
	kind := "resource"
	if container != "" {
		kind = "container resource"
	}
	c := calculation{session: s, resource: name, container: container}
	if target.AverageValue != nil {
		replicas, value, err := c.byValue(target.AverageValue.MilliValue())
		if err != nil {
			return nil, autoscalingv2.MetricValueStatus{}, fmt.Errorf("failed to get %s usage: %w", name, err)
		}
		return &measured{replicas: replicas, name: fmt.Sprintf("%s %s", name, kind)},
			autoscalingv2.MetricValueStatus{AverageValue: resource.NewMilliQuantity(value, resource.DecimalSI)}, nil
	}
	if target.AverageUtilization == nil {
		return nil, autoscalingv2.MetricValueStatus{}, errors.New("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set")
	}
	replicas, utilization, value, err := c.byUtilization(*target.AverageUtilization)
	if err != nil {
		return nil, autoscalingv2.MetricValueStatus{}, fmt.Errorf("failed to get %s utilization: %w", name, err)
	}
	return &measured{replicas: replicas, name: fmt.Sprintf("%s %s utilization (percentage of request)", name, kind)},
		autoscalingv2.MetricValueStatus{
			AverageUtilization: &utilization,
			AverageValue:       resource.NewMilliQuantity(value, resource.DecimalSI),
		}, nil
}
