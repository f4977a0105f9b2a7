package resources

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

// Limits of scaling behavior, in seconds.
const (
	maxPolicyPeriod        = 1800
	maxStabilizationWindow = 3600
)

// validateHorizontalPodAutoscaler checks an autoscaler; old is nil for a new one.
// The version of a target that is as it was is not looked at.
func validateHorizontalPodAutoscaler(a, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	spec, path := &a.Spec, field.NewPath("spec")
	var errs field.ErrorList
	if spec.MinReplicas != nil && *spec.MinReplicas < 0 {
		errs = append(errs, field.Invalid(path.Child("minReplicas"), *spec.MinReplicas, "must be greater than or equal to 0").MarkBeta())
	}
	if spec.MaxReplicas == 0 {
		errs = append(errs, field.Required(path.Child("maxReplicas"), "").MarkBeta())
	} else if spec.MaxReplicas < 0 {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), spec.MaxReplicas, "must be greater than or equal to 1").MarkBeta())
	}
	if spec.MinReplicas != nil && spec.MaxReplicas < *spec.MinReplicas {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), spec.MaxReplicas, "must be greater than or equal to `minReplicas`"))
	}
	target := &spec.ScaleTargetRef
	errs = append(errs, validateReference(target, path.Child("scaleTargetRef"))...)
	if old == nil || old.Spec.ScaleTargetRef.APIVersion != target.APIVersion || old.Spec.ScaleTargetRef.Kind != target.Kind {
		errs = append(errs, validateReferenceVersion(target, target.Kind == "ReplicationController", path.Child("scaleTargetRef"))...)
	}
	errs = append(errs, validateMetrics(spec, path.Child("metrics"))...)
	if spec.Behavior != nil {
		errs = append(errs, validateScalingRules(spec.Behavior.ScaleUp, path.Child("behavior", "scaleUp"))...)
		errs = append(errs, validateScalingRules(spec.Behavior.ScaleDown, path.Child("behavior", "scaleDown"))...)
	}
	return errs
}

func validateReference(ref *autoscalingv2.CrossVersionObjectReference, path *field.Path) field.ErrorList {
	return append(validateSegment(ref.Kind, "", path.Child("kind")), validateSegment(ref.Name, "", path.Child("name"))...)
}

// validateReferenceVersion checks the version of a reference, of which core kinds
// have no group.
func validateReferenceVersion(ref *autoscalingv2.CrossVersionObjectReference, core bool, path *field.Path) field.ErrorList {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	switch {
	case err != nil:
		return field.ErrorList{field.Invalid(path.Child("apiVersion"), ref.APIVersion, err.Error())}
	case gv.Group == "" && !core:
		return field.ErrorList{field.Invalid(path.Child("apiVersion"), ref.APIVersion, "apiVersion must specify API group")}
	}
	return nil
}

// validateSegment checks a name that goes into the path of a request;
// missing is what is said of none.
func validateSegment(name, missing string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, missing)}
	}
	return invalidFor(path, name, pathvalidation.IsValidPathSegmentName(name))
}

// validateMetrics allows zero replicas only where something outside of the
// pods can ask for more.
func validateMetrics(spec *autoscalingv2.HorizontalPodAutoscalerSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	outside := false
	for i := range spec.Metrics {
		m := &spec.Metrics[i]
		errs = append(errs, validateMetric(m, path.Index(i))...)
		outside = outside || m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType
	}
	if spec.MinReplicas != nil && *spec.MinReplicas == 0 && !outside {
		errs = append(errs, field.Forbidden(path, "must specify at least one Object or External metric to support scaling to zero replicas"))
	}
	return errs
}

// metricSource is one of the sources a metric could have.
type metricSource struct {
	kind     autoscalingv2.MetricSourceType
	name     string
	set      bool
	validate func(*field.Path) field.ErrorList
}

func metricSourcesOf(m *autoscalingv2.MetricSpec) []metricSource {
	return []metricSource{
		{autoscalingv2.ObjectMetricSourceType, "object", m.Object != nil, func(p *field.Path) field.ErrorList { return validateObjectMetric(m.Object, p) }},
		{autoscalingv2.ExternalMetricSourceType, "external", m.External != nil, func(p *field.Path) field.ErrorList { return validateExternalMetric(m.External, p) }},
		{autoscalingv2.PodsMetricSourceType, "pods", m.Pods != nil, func(p *field.Path) field.ErrorList { return validatePodsMetric(m.Pods, p) }},
		{autoscalingv2.ResourceMetricSourceType, "resource", m.Resource != nil, func(p *field.Path) field.ErrorList { return validateResourceMetric(m.Resource, p) }},
		{autoscalingv2.ContainerResourceMetricSourceType, "containerResource", m.ContainerResource != nil,
			func(p *field.Path) field.ErrorList { return validateContainerMetric(m.ContainerResource, p) }},
	}
}

func validateMetric(m *autoscalingv2.MetricSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if m.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "must specify a metric source type"))
	}
	errs = append(errs, validateOneOf(path.Child("type"), m.Type, autoscalingv2.ContainerResourceMetricSourceType, autoscalingv2.ExternalMetricSourceType,
		autoscalingv2.ObjectMetricSourceType, autoscalingv2.PodsMetricSourceType, autoscalingv2.ResourceMetricSourceType)...)
	present := 0
	sources := metricSourcesOf(m)
	for _, s := range sources {
		if s.set {
			if present++; present == 1 {
				errs = append(errs, s.validate(path.Child(s.name))...)
			}
		}
	}
	for _, s := range sources {
		switch {
		case s.kind == m.Type && !s.set:
			errs = append(errs, field.Required(path.Child(s.name), "must populate information for the given metric source"))
		case s.kind != m.Type && s.set && present > 1:
			errs = append(errs, field.Forbidden(path.Child(s.name), "must populate the given metric source only"))
		}
	}
	return errs
}

func validateObjectMetric(m *autoscalingv2.ObjectMetricSource, path *field.Path) field.ErrorList {
	errs := validateReference(&m.DescribedObject, path.Child("describedObject"))
	errs = append(errs, validateReferenceVersion(&m.DescribedObject, true, path.Child("describedObject"))...)
	errs = append(errs, validateSegment(m.Metric.Name, "must specify a metric name", path.Child("metric", "name"))...)
	errs = append(errs, validateMetricTarget(&m.Target, path.Child("target"))...)
	if m.Target.Value == nil && m.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value or averageValue"))
	}
	return errs
}

func validateExternalMetric(m *autoscalingv2.ExternalMetricSource, path *field.Path) field.ErrorList {
	errs := validateSegment(m.Metric.Name, "must specify a metric name", path.Child("metric", "name"))
	errs = append(errs, validateMetricTarget(&m.Target, path.Child("target"))...)
	switch value, average := m.Target.Value != nil, m.Target.AverageValue != nil; {
	case !value && !average:
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must set either a target value for metric or a per-pod target"))
	case value && average:
		errs = append(errs, field.Forbidden(path.Child("target", "value"), "may not set both a target value for metric and a per-pod target"))
	}
	return errs
}

func validatePodsMetric(m *autoscalingv2.PodsMetricSource, path *field.Path) field.ErrorList {
	errs := validateSegment(m.Metric.Name, "must specify a metric name", path.Child("metric", "name"))
	errs = append(errs, validateMetricTarget(&m.Target, path.Child("target"))...)
	if m.Target.AverageValue == nil {
		errs = append(errs, field.Required(path.Child("target", "averageValue"), "must specify a positive target averageValue"))
	}
	return errs
}

func validateResourceMetric(m *autoscalingv2.ResourceMetricSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if m.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "must specify a resource name"))
	}
	return append(errs, validateResourceTarget(&m.Target, path.Child("target"))...)
}

func validateContainerMetric(m *autoscalingv2.ContainerResourceMetricSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if m.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "must specify a resource name"))
	} else {
		errs = append(errs, podspec.ValidateContainerResourceName(m.Name, path.Child("name"))...)
	}
	if m.Container == "" {
		errs = append(errs, field.Required(path.Child("container"), "must specify a container"))
	} else {
		errs = append(errs, podspec.ValidateDNS1123Label(m.Container, path.Child("container"))...)
	}
	return append(errs, validateResourceTarget(&m.Target, path.Child("target"))...)
}

func validateResourceTarget(t *autoscalingv2.MetricTarget, path *field.Path) field.ErrorList {
	errs := validateMetricTarget(t, path)
	switch utilization, value := t.AverageUtilization != nil, t.AverageValue != nil; {
	case !utilization && !value:
		errs = append(errs, field.Required(path.Child("averageUtilization"), "must set either a target raw value or a target utilization"))
	case utilization && value:
		errs = append(errs, field.Forbidden(path.Child("averageValue"), "may not set both a target raw value and a target utilization"))
	}
	return errs
}

func validateMetricTarget(t *autoscalingv2.MetricTarget, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch t.Type {
	case autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType:
	default:
		if t.Type == "" {
			errs = append(errs, field.Required(path.Child("type"), "must specify a metric target type"))
		}
		errs = append(errs, field.Invalid(path.Child("type"), t.Type, "must be either Utilization, Value, or AverageValue"))
	}
	if t.Value != nil && t.Value.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("value"), t.Value, "must be positive"))
	}
	if t.AverageValue != nil && t.AverageValue.Sign() != 1 {
		errs = append(errs, field.Invalid(path.Child("averageValue"), t.AverageValue, "must be positive"))
	}
	if t.AverageUtilization != nil && *t.AverageUtilization < 1 {
		errs = append(errs, field.Invalid(path.Child("averageUtilization"), *t.AverageUtilization, "must be greater than 0"))
	}
	return errs
}

func validateScalingRules(rules *autoscalingv2.HPAScalingRules, path *field.Path) field.ErrorList {
	if rules == nil {
		return nil
	}
	var errs field.ErrorList
	if window, path := rules.StabilizationWindowSeconds, path.Child("stabilizationWindowSeconds"); window != nil {
		if *window < 0 {
			errs = append(errs, field.Invalid(path, *window, "must be greater than or equal to zero"))
		}
		if *window > maxStabilizationWindow {
			errs = append(errs, field.Invalid(path, *window, fmt.Sprintf("must be less than or equal to %d", maxStabilizationWindow)))
		}
	}
	if rules.SelectPolicy != nil {
		errs = append(errs, validateOneOf(path.Child("selectPolicy"), *rules.SelectPolicy, autoscalingv2.DisabledPolicySelect,
			autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect)...)
	}
	policies := path.Child("policies")
	if len(rules.Policies) == 0 {
		errs = append(errs, field.Required(policies, "must specify at least one Policy"))
	}
	for i := range rules.Policies {
		errs = append(errs, validateScalingPolicy(&rules.Policies[i], policies.Index(i))...)
	}
	if rules.Tolerance != nil {
		errs = append(errs, podspec.ValidateNonnegativeQuantity(*rules.Tolerance, path.Child("tolerance"))...)
	}
	return errs
}

func validateScalingPolicy(p *autoscalingv2.HPAScalingPolicy, path *field.Path) field.ErrorList {
	errs := validateOneOf(path.Child("type"), p.Type, autoscalingv2.PercentScalingPolicy, autoscalingv2.PodsScalingPolicy)
	if p.Value <= 0 {
		errs = append(errs, field.Invalid(path.Child("value"), p.Value, "must be greater than zero"))
	}
	if p.PeriodSeconds <= 0 {
		errs = append(errs, field.Invalid(path.Child("periodSeconds"), p.PeriodSeconds, "must be greater than zero"))
	}
	if p.PeriodSeconds > maxPolicyPeriod {
		errs = append(errs, field.Invalid(path.Child("periodSeconds"), p.PeriodSeconds, fmt.Sprintf("must be less than or equal to %d", maxPolicyPeriod)))
	}
	return errs
}

func validateAutoscalerStatus(s *autoscalingv2.HorizontalPodAutoscalerStatus, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, c := range s.Conditions {
		errs = append(errs, validateCounts(path.Child("conditions").Index(i), optionalCount("observedGeneration", c.ObservedGeneration))...)
	}
	return append(errs, validateCounts(path, count{"currentReplicas", int64(s.CurrentReplicas)}, count{"desiredReplicas", int64(s.DesiredReplicas)})...)
}
