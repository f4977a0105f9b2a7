package resources

import (
	"encoding/json"
	"maps"
	"slices"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/store"
)

// Annotations in which autoscaling/v1 keeps what it has no fields for.
const (
	metricsAnnotation        = "autoscaling.alpha.kubernetes.io/metrics"
	currentMetricsAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics"
	conditionsAnnotation     = "autoscaling.alpha.kubernetes.io/conditions"
	behaviorAnnotation       = "autoscaling.alpha.kubernetes.io/behavior"
)

var autoscalerAnnotations = []string{metricsAnnotation, currentMetricsAnnotation, conditionsAnnotation, behaviorAnnotation}

// autoscalingV1 is the form that knows CPU utilization only.
func autoscalingV1() Version {
	v := BuiltinVersion(autoscalingv1.SchemeGroupVersion, "HorizontalPodAutoscaler")
	v.Default = func(o store.Object) {
		setDefault(&o.(*autoscalingv1.HorizontalPodAutoscaler).Spec.MinReplicas, 1)
	}
	v.ToStorage = func(o store.Object) (store.Object, error) {
		return autoscalerFromV1(o.(*autoscalingv1.HorizontalPodAutoscaler)), nil
	}
	v.FromStorage = func(o store.Object) (store.Object, error) {
		return autoscalerToV1(o.(*autoscalingv2.HorizontalPodAutoscaler))
	}
	return v
}

// autoscalerFromV1 ignores annotations that do not parse.
func autoscalerFromV1(in *autoscalingv1.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscaler {
	out := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas:    in.Spec.MinReplicas,
			MaxReplicas:    in.Spec.MaxReplicas,
		},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{
			ObservedGeneration: in.Status.ObservedGeneration,
			LastScaleTime:      in.Status.LastScaleTime,
			CurrentReplicas:    in.Status.CurrentReplicas,
			DesiredReplicas:    in.Status.DesiredReplicas,
		},
	}
	var metrics []autoscalingv1.MetricSpec
	if fromAnnotation(in, metricsAnnotation, &metrics) {
		out.Spec.Metrics = mapAll(metrics, metricFromV1)
	}
	if percent := in.Spec.TargetCPUUtilizationPercentage; percent != nil {
		out.Spec.Metrics = append(out.Spec.Metrics, cpuUtilization(*percent))
	}
	if len(out.Spec.Metrics) == 0 { // v2's default, which who writes v1 sees, and owns
		out.Spec.Metrics = []autoscalingv2.MetricSpec{cpuUtilization(defaultCPUUtilization)}
	}
	if behavior := (autoscalingv2.HorizontalPodAutoscalerBehavior{}); fromAnnotation(in, behaviorAnnotation, &behavior) {
		out.Spec.Behavior = &behavior
	}
	var current []autoscalingv1.MetricStatus
	if fromAnnotation(in, currentMetricsAnnotation, &current) {
		out.Status.CurrentMetrics = mapAll(current, metricStatusFromV1)
	} else if percent := in.Status.CurrentCPUUtilizationPercentage; percent != nil {
		out.Status.CurrentMetrics = []autoscalingv2.MetricStatus{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricStatus{
				Name: corev1.ResourceCPU, Current: autoscalingv2.MetricValueStatus{AverageUtilization: percent},
			},
		}}
	}
	var conditions []autoscalingv1.HorizontalPodAutoscalerCondition
	if fromAnnotation(in, conditionsAnnotation, &conditions) {
		out.Status.Conditions = mapAll(conditions, func(c *autoscalingv1.HorizontalPodAutoscalerCondition) autoscalingv2.HorizontalPodAutoscalerCondition {
			return autoscalingv2.HorizontalPodAutoscalerCondition{Type: autoscalingv2.HorizontalPodAutoscalerConditionType(c.Type), Status: c.Status,
				LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message, ObservedGeneration: c.ObservedGeneration}
		})
	}
	out.Annotations = withoutAutoscalerAnnotations(in.Annotations)
	return out
}

func autoscalerToV1(in *autoscalingv2.HorizontalPodAutoscaler) (*autoscalingv1.HorizontalPodAutoscaler, error) {
	out := &autoscalingv1.HorizontalPodAutoscaler{
		ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv1.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas:    in.Spec.MinReplicas,
			MaxReplicas:    in.Spec.MaxReplicas,
		},
		Status: autoscalingv1.HorizontalPodAutoscalerStatus{
			ObservedGeneration: in.Status.ObservedGeneration,
			LastScaleTime:      in.Status.LastScaleTime,
			CurrentReplicas:    in.Status.CurrentReplicas,
			DesiredReplicas:    in.Status.DesiredReplicas,
		},
	}
	out.Annotations = withoutAutoscalerAnnotations(in.Annotations)
	var others []autoscalingv1.MetricSpec
	for i := range in.Spec.Metrics {
		if percent := cpuTarget(&in.Spec.Metrics[i]); percent != nil {
			out.Spec.TargetCPUUtilizationPercentage = percent
		} else {
			others = append(others, metricToV1(&in.Spec.Metrics[i]))
		}
	}
	for i := range in.Status.CurrentMetrics {
		if r := in.Status.CurrentMetrics[i].Resource; r != nil && r.Name == corev1.ResourceCPU && r.Current.AverageUtilization != nil {
			out.Status.CurrentCPUUtilizationPercentage = r.Current.AverageUtilization
		}
	}
	return out, annotateAutoscaler(out, in, others)
}

func annotateAutoscaler(out *autoscalingv1.HorizontalPodAutoscaler, in *autoscalingv2.HorizontalPodAutoscaler, metrics []autoscalingv1.MetricSpec) error {
	for _, a := range []struct {
		key     string
		present bool
		value   any
	}{
		{metricsAnnotation, len(metrics) > 0, metrics},
		{currentMetricsAnnotation, len(in.Status.CurrentMetrics) > 0, mapAll(in.Status.CurrentMetrics, metricStatusToV1)},
		{conditionsAnnotation, len(in.Status.Conditions) > 0, in.Status.Conditions},
		{behaviorAnnotation, in.Spec.Behavior != nil, internalform.Of(in.Spec.Behavior)},
	} {
		if !a.present {
			continue
		}
		encoded, err := json.Marshal(a.value)
		if err != nil {
			return err
		}
		metav1.SetMetaDataAnnotation(&out.ObjectMeta, a.key, string(encoded))
	}
	return nil
}

// cpuTarget is the target of a metric that autoscaling/v1 has a field for, or
// nil.
func cpuTarget(m *autoscalingv2.MetricSpec) *int32 {
	if m.Type != autoscalingv2.ResourceMetricSourceType || m.Resource == nil || m.Resource.Name != corev1.ResourceCPU {
		return nil
	}
	return m.Resource.Target.AverageUtilization
}

func fromAnnotation(in *autoscalingv1.HorizontalPodAutoscaler, key string, target any) bool {
	encoded, ok := in.Annotations[key]
	return ok && json.Unmarshal([]byte(encoded), target) == nil
}

func withoutAutoscalerAnnotations(annotations map[string]string) map[string]string {
	rest := maps.Clone(annotations)
	maps.DeleteFunc(rest, func(key, _ string) bool { return slices.Contains(autoscalerAnnotations, key) })
	return rest
}

func mapAll[A, B any](list []A, convert func(*A) B) []B {
	converted := make([]B, len(list))
	for i := range list {
		converted[i] = convert(&list[i])
	}
	return converted
}
