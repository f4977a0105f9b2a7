package resources

import (
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// defaultCPUUtilization is the target, in percent, of autoscalers without one.
const defaultCPUUtilization = 80

// horizontalPodAutoscaler is stored as autoscaling/v2; see
// horizontalpodautoscaler_v1.go for the older form.
func horizontalPodAutoscaler() *Kind {
	spec, status := autoscalingv2.HorizontalPodAutoscalerSpec{}.SwaggerDoc(), autoscalingv2.HorizontalPodAutoscalerStatus{}.SwaggerDoc()
	return define(Definition[*autoscalingv2.HorizontalPodAutoscaler]{
		Name: "HorizontalPodAutoscaler", Resource: "horizontalpodautoscalers", ShortNames: []string{"hpa"}, Categories: []string{"all"},
		Version: autoscalingv2.SchemeGroupVersion,
		Others:  []Version{autoscalingV1()},
		Default: defaultHorizontalPodAutoscaler,
		Spec:    func(a *autoscalingv2.HorizontalPodAutoscaler) any { return &a.Spec },
		Validate: func(a *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
			return validateHorizontalPodAutoscaler(a, nil)
		},
		ValidateUpdate: validateHorizontalPodAutoscaler,
		Status: &Status[*autoscalingv2.HorizontalPodAutoscaler]{
			Copy: func(to, from *autoscalingv2.HorizontalPodAutoscaler) { to.Status = *from.Status.DeepCopy() },
			Validate: func(a, _ *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
				return validateAutoscalerStatus(&a.Status, field.NewPath("status"))
			},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Reference", spec["scaleTargetRef"]),
			Column("Targets", spec["metrics"]),
			Column("MinPods", spec["minReplicas"]),
			Column("MaxPods", spec["maxReplicas"]),
			Column("Replicas", status["currentReplicas"]),
			AgeColumn(),
		},
		Row: func(a *autoscalingv2.HorizontalPodAutoscaler, now time.Time) []any {
			minPods := "<unset>"
			if a.Spec.MinReplicas != nil {
				minPods = strconv.Itoa(int(*a.Spec.MinReplicas))
			}
			target := a.Spec.ScaleTargetRef.Kind + "/" + a.Spec.ScaleTargetRef.Name
			return []any{
				a.Name, target, metricsCell(a), minPods, int64(a.Spec.MaxReplicas), int64(a.Status.CurrentReplicas), Age(a.CreationTimestamp, now),
			}
		},
	})
}

func defaultHorizontalPodAutoscaler(a *autoscalingv2.HorizontalPodAutoscaler) {
	setDefault(&a.Spec.MinReplicas, 1)
	if len(a.Spec.Metrics) == 0 {
		a.Spec.Metrics = []autoscalingv2.MetricSpec{cpuUtilization(defaultCPUUtilization)}
	}
	if b := a.Spec.Behavior; b != nil {
		defaultScalingRules(&b.ScaleUp, 0, []autoscalingv2.HPAScalingPolicy{
			{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 15},
			{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15},
		})
		defaultScalingRules(&b.ScaleDown, -1, []autoscalingv2.HPAScalingPolicy{
			{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15},
		})
	}
}

// defaultScalingRules leaves the stabilization window open if it is negative:
// for scaling down, the controller has a default of its own.
func defaultScalingRules(rules **autoscalingv2.HPAScalingRules, window int32, policies []autoscalingv2.HPAScalingPolicy) {
	setDefault(rules, autoscalingv2.HPAScalingRules{})
	if window >= 0 {
		setDefault(&(*rules).StabilizationWindowSeconds, window)
	}
	setDefault(&(*rules).SelectPolicy, autoscalingv2.MaxChangePolicySelect)
	if (*rules).Policies == nil {
		(*rules).Policies = policies
	}
}

// cpuUtilization is the metric of an autoscaler that keeps CPU at a percentage
// of what is requested.
func cpuUtilization(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
		},
	}
}
