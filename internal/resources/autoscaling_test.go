package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"
)

func TestHorizontalPodAutoscalerValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	const target = "scaleTargetRef: {kind: Deployment, name: d, apiVersion: apps/v1}"
	runValidation(t, builtin(t, "HorizontalPodAutoscaler"), []validationCase{
		{name: "valid", manifest: meta + "spec: {maxReplicas: 3, " + target + "}"},
		{name: "empty", manifest: meta + "spec: {}", want: []string{
			"spec.maxReplicas: Required value",
			"spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
			"spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value", `spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group`}},
		{name: "to zero by CPU", manifest: meta + "spec: {minReplicas: 0, maxReplicas: 3, " + target + "}", want: []string{
			"spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas"}},
		{name: "no target", manifest: meta + "spec: {maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu}}], " + target + "}", want: []string{
			"spec.metrics[0].resource.target.type: Required value: must specify a metric target type",
			`spec.metrics[0].resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue`,
			"spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization"}},
		{name: "another source", manifest: meta + "spec: {maxReplicas: 3, metrics: [{type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 5}}}], " + target + "}", want: []string{
			"spec.metrics[0].pods: Required value: must populate information for the given metric source"}},
	})
}

func TestHorizontalPodAutoscalerDefaults(t *testing.T) {
	a := fromManifest(t, builtin(t, "HorizontalPodAutoscaler"), "spec: {maxReplicas: 3, behavior: {scaleUp: {}}}").(*autoscalingv2.HorizontalPodAutoscaler)
	require.JSONEq(t, `{"scaleTargetRef":{"kind":"","name":""},"minReplicas":1,"maxReplicas":3,
		"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}],
		"behavior":{
			"scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[{"type":"Pods","value":4,"periodSeconds":15},{"type":"Percent","value":100,"periodSeconds":15}]},
			"scaleDown":{"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}}}`, encode(t, a.Spec))
}

func TestHorizontalPodAutoscalerRow(t *testing.T) {
	kind := builtin(t, "HorizontalPodAutoscaler")
	require.Equal(t, []any{"x", "Deployment/d", "cpu: <unknown>/80%", "1", int64(3), int64(0), "2m"},
		cellsOf(t, kind, createdAtEpoch+"spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: d}}"))
	row := cellsOf(t, kind, createdAtEpoch+`
spec:
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
  - {type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 30}}}
  - {type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 1}}}
status:
  currentMetrics:
  - {type: Resource, resource: {name: cpu, current: {averageUtilization: 10, averageValue: 5m}}}
`)
	require.Equal(t, "cpu: 10%/50%, <unknown>/30 (avg) + 1 more...", row[2])
}

// TestAutoscalingV1 shows that what the old version has no fields for survives
// in its annotations.
func TestAutoscalingV1(t *testing.T) {
	kind := builtin(t, "HorizontalPodAutoscaler")
	stored := fromManifest(t, kind, `
metadata: {name: x, annotations: {a: b}}
spec:
  maxReplicas: 3
  scaleTargetRef: {kind: Deployment, name: d}
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
status:
  currentReplicas: 1
  desiredReplicas: 2
  conditions: [{type: AbleToScale, status: "True"}]
  currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 10, averageValue: 5m}}}]
`)
	version := kind.Version(autoscalingv1.SchemeGroupVersion)
	old, err := version.FromStorage(stored)
	require.NoError(t, err)
	v1 := old.(*autoscalingv1.HorizontalPodAutoscaler)
	require.Equal(t, int32(50), *v1.Spec.TargetCPUUtilizationPercentage)
	require.Equal(t, int32(10), *v1.Status.CurrentCPUUtilizationPercentage)
	require.Equal(t, `[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]`, v1.Annotations[metricsAnnotation])
	back, err := version.ToStorage(v1)
	require.NoError(t, err)
	require.JSONEq(t, encode(t, stored), encode(t, back))
}

func TestAutoscalingV1DefaultsToCPU(t *testing.T) {
	kind := builtin(t, "HorizontalPodAutoscaler")
	v1 := &autoscalingv1.HorizontalPodAutoscaler{}
	require.NoError(t, yaml.UnmarshalStrict([]byte("spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: d}}"), v1))
	stored, err := kind.Version(autoscalingv1.SchemeGroupVersion).ToStorage(v1)
	require.NoError(t, err)
	kind.Storage().Default(stored)
	require.Equal(t, []autoscalingv2.MetricSpec{cpuUtilization(80)}, stored.(*autoscalingv2.HorizontalPodAutoscaler).Spec.Metrics)
}
