package horizontalpodautoscaler

import (
	"errors"
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
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
	if err := s.selectPods(); err != nil {
		return nil, nil, err
	}
	specs := s.hpa.Spec.Metrics
	statuses := make([]autoscalingv2.MetricStatus, len(specs))
	var most *measured
	var failed []*metricError
	var err error
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

// selectPods finds the target's pods, which must be no other autoscaler's.
func (s *session) selectPods() error {
	text := s.target.Scale.Status.Selector
	if text == "" {
		const missing = "selector is required"
		s.warn("SelectorRequired", missing)
		s.setCondition(autoscalingv2.ScalingActive, false, "InvalidSelector", "the HPA target's scale is missing a selector")
		return errors.New(missing)
	}
	selector, err := labels.Parse(text)
	if err != nil {
		return s.inactive("InvalidSelector", fmt.Errorf("couldn't convert selector into a corresponding internal selector object: %w", err))
	}
	s.memory.selector = selector
	s.pods = client.List[*corev1.Pod](s.client, s.hpa.Namespace, selector)
	if rivals := s.selecting(); len(rivals) > 1 {
		return s.inactive("AmbiguousSelector", fmt.Errorf("pods by selector %s are controlled by more than one HPA (e.g. %v)", text, rivals))
	}
	return nil
}

// inactive tells of why nothing can be scaled.
func (s *session) inactive(reason string, err error) error {
	s.warn(reason, err.Error())
	s.setCondition(autoscalingv2.ScalingActive, false, reason, "%v", err)
	return err
}

// selecting are autoscalers that are known to select any of the pods: two at
// most.
func (s *session) selecting() []string {
	var names []string
	for _, hpa := range client.List[*autoscalingv2.HorizontalPodAutoscaler](s.client, s.hpa.Namespace, nil) {
		m := s.memories[controllers.KeyOf(hpa)]
		if m == nil || m.selector == nil {
			continue
		}
		selects := func(pod *corev1.Pod) bool { return m.selector.Matches(labels.Set(pod.Labels)) }
		if slices.ContainsFunc(s.pods, selects) && len(names) < 2 {
			names = append(names, hpa.Namespace+"/"+hpa.Name)
		}
	}
	return names
}

// metricError is a metric that has no answer.
type metricError struct {
	reason string
	// what is what was asked for; detail is that in more words, if there are
	// any.
	what, detail string
	cause        error
}

func (e *metricError) Error() string {
	if e.detail != "" {
		return fmt.Sprintf("failed to get %s: failed to get %s: %v", e.what, e.detail, e.cause)
	}
	return fmt.Sprintf("failed to get %s: %v", e.what, e.cause)
}

func (e *metricError) Unwrap() error { return e.cause }

func (s *session) measureOne(spec *autoscalingv2.MetricSpec) (*measured, *metricError) {
	switch spec.Type {
	case autoscalingv2.ResourceMetricSourceType:
		r := spec.Resource
		m, current, err := s.measureResource(r.Name, "", r.Target)
		if err != nil {
			return nil, &metricError{reason: "FailedGetResourceMetric", what: fmt.Sprintf("%s resource metric value", r.Name), cause: err}
		}
		m.status = autoscalingv2.MetricStatus{Type: spec.Type, Resource: &autoscalingv2.ResourceMetricStatus{Name: r.Name, Current: current}}
		return m, nil
	case autoscalingv2.ContainerResourceMetricSourceType:
		r := spec.ContainerResource
		m, current, err := s.measureResource(r.Name, r.Container, r.Target)
		if err != nil {
			return nil, &metricError{reason: "FailedGetContainerResourceMetric", what: r.Container + " container metric value", cause: err}
		}
		m.status = autoscalingv2.MetricStatus{Type: spec.Type, ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{
			Name: r.Name, Container: r.Container, Current: current,
		}}
		return m, nil
	}
	return nil, s.unavailable(spec)
}

// unavailable is the answer of a cluster that serves no custom or external
// metrics.
func (s *session) unavailable(spec *autoscalingv2.MetricSpec) *metricError {
	custom := errors.New("unable to fetch metrics from custom metrics API: no known available metric versions found")
	switch spec.Type {
	case autoscalingv2.PodsMetricSourceType:
		return &metricError{
			reason: "FailedGetPodsMetric", what: "pods metric value",
			cause: fmt.Errorf("unable to get metric %s: %w", spec.Pods.Metric.Name, custom),
		}
	case autoscalingv2.ObjectMetricSourceType:
		o := spec.Object
		e := &metricError{
			reason: "FailedGetObjectMetric", what: "object metric value",
			cause: fmt.Errorf("unable to get metric %s on %s %s/%s: %w", o.Metric.Name, o.DescribedObject.Kind, s.hpa.Namespace, o.DescribedObject.Name, custom),
		}
		if o.Target.Type == autoscalingv2.AverageValueMetricType {
			e.detail = o.Metric.Name + " object metric"
		}
		return e
	case autoscalingv2.ExternalMetricSourceType:
		return s.noExternal(spec.External)
	}
	return &metricError{reason: "InvalidMetricSourceType", what: "metric", cause: fmt.Errorf("unknown metric source type %q", spec.Type)}
}

func (s *session) noExternal(e *autoscalingv2.ExternalMetricSource) *metricError {
	name := e.Metric.Name
	detail := "external metric " + name
	if e.Target.AverageValue != nil {
		detail = name + " external metric"
	}
	return &metricError{
		reason: "FailedGetExternalMetric", what: name + " external metric value", detail: detail,
		cause: fmt.Errorf("unable to get external metric %s/%s/%v: unable to fetch metrics from external metrics API: the server could not find the requested resource (get %s.external.metrics.k8s.io)",
			s.hpa.Namespace, name, e.Metric.Selector, name),
	}
}

// measureResource asks for replicas by the use of a resource, of one container
// or ("") of all.
func (s *session) measureResource(name corev1.ResourceName, container string, target autoscalingv2.MetricTarget) (*measured, autoscalingv2.MetricValueStatus, error) {
	c := calculation{session: s, resource: name, container: container}
	if target.AverageValue != nil {
		replicas, value, err := c.byValue(target.AverageValue.MilliValue())
		if err != nil {
			return nil, autoscalingv2.MetricValueStatus{}, fmt.Errorf("failed to get %s usage: %w", name, err)
		}
		return &measured{replicas: replicas, name: fmt.Sprintf("%s resource", name)},
			autoscalingv2.MetricValueStatus{AverageValue: quantity(name, value)}, nil
	}
	if target.AverageUtilization == nil {
		return nil, autoscalingv2.MetricValueStatus{}, errors.New("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set")
	}
	replicas, utilization, value, err := c.byUtilization(*target.AverageUtilization)
	if err != nil {
		return nil, autoscalingv2.MetricValueStatus{}, fmt.Errorf("failed to get %s utilization: %w", name, err)
	}
	kind := "resource"
	if container != "" {
		kind = "container resource"
	}
	return &measured{replicas: replicas, name: fmt.Sprintf("%s %s utilization (percentage of request)", name, kind)},
		autoscalingv2.MetricValueStatus{AverageUtilization: &utilization, AverageValue: quantity(name, value)}, nil
}

// quantity is so many thousandths of a resource's unit: of memory, as metrics
// have it, in powers of two.
func quantity(name corev1.ResourceName, thousandths int64) *resource.Quantity {
	format := resource.DecimalSI
	if name == corev1.ResourceMemory {
		format = resource.BinarySI
	}
	return resource.NewMilliQuantity(thousandths, format)
}
