package horizontalpodautoscaler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controllers/horizontalpodautoscaler"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

// load is the CPU that every pod uses; nil for no metrics.
type load struct {
	c   *clustertest.Cluster
	cpu *resource.Quantity
}

func (l *load) PodUsage(string, string) (horizontalpodautoscaler.Sample, bool) {
	if l.cpu == nil {
		return horizontalpodautoscaler.Sample{}, false
	}
	return horizontalpodautoscaler.Sample{
		Containers: map[string]corev1.ResourceList{"main": {corev1.ResourceCPU: *l.cpu}},
		At:         l.c.Registry().Loop.Now(),
	}, true
}

func (l *load) set(cpu string) { l.cpu = ptr.To(resource.MustParse(cpu)) }

// newCluster has a Deployment whose pods request one CPU, with an autoscaler
// that aims at 50%.
func newCluster(t *testing.T, replicas int32, change ...func(*autoscalingv2.HorizontalPodAutoscalerSpec)) (*clustertest.Cluster, *load) {
	l := &load{}
	c := clustertest.New(t, func(o *controlplane.Options) { o.Metrics = l })
	l.c = c
	labels := map[string]string{"app": "web"}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: clustertest.Template("nginx", labels),
		},
	}
	d.Spec.Template.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	clustertest.Create(c, d)
	spec := autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
		MaxReplicas:    10,
		Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: ptr.To[int32](50)},
		}}},
	}
	for _, f := range change {
		f(&spec)
	}
	clustertest.Create(c, &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "scaler"}, Spec: spec,
	})
	run(c)
	return c, l
}

// run makes all pods run, as if they had started long ago.
func run(c *clustertest.Cluster) {
	for _, name := range clustertest.Names[*corev1.Pod](c) {
		c.Run(name)
		clustertest.UpdateStatus(c, name, func(p *corev1.Pod) {
			p.Status.StartTime = &metav1.Time{Time: clustertest.Start.Add(-time.Hour)}
		})
	}
}

func replicas(c *clustertest.Cluster) int32 {
	return *clustertest.Get[*appsv1.Deployment](c, "web").Spec.Replicas
}

// conditions lists conditions as "Type=Status Reason".
func conditions(c *clustertest.Cluster) []string {
	list := []string{}
	for _, cond := range clustertest.Get[*autoscalingv2.HorizontalPodAutoscaler](c, "scaler").Status.Conditions {
		list = append(list, string(cond.Type)+"="+string(cond.Status)+" "+cond.Reason)
	}
	return list
}

func TestScalesUpWithUse(t *testing.T) {
	c, l := newCluster(t, 2)
	l.set("800m")
	c.After(14 * time.Second)
	require.EqualValues(t, 2, replicas(c))
	c.After(time.Second)
	require.EqualValues(t, 4, replicas(c)) // ceil(2 * 80/50)
	require.Contains(t, c.Events("scaler"), "SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target")
	require.Equal(t, []string{"AbleToScale=True SucceededRescale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange", "ScaledToZero=False NotScaledToZero"}, conditions(c))
	s := clustertest.Get[*autoscalingv2.HorizontalPodAutoscaler](c, "scaler").Status
	require.EqualValues(t, 80, *s.CurrentMetrics[0].Resource.Current.AverageUtilization)
	require.EqualValues(t, 4, s.DesiredReplicas)
}

func TestScalesDownFiveMinutesLater(t *testing.T) {
	c, l := newCluster(t, 4)
	l.set("100m")
	c.After(5*time.Minute - time.Second)
	require.EqualValues(t, 4, replicas(c))
	require.Contains(t, conditions(c), "AbleToScale=True ScaleDownStabilized")
	c.After(30 * time.Second)
	require.EqualValues(t, 1, replicas(c))
	told := c.Events("scaler")
	require.Contains(t, told, "SuccessfulRescale: New size: 1; reason: All metrics below target")
}

func TestLooksAtOnceAtWhatIsAsked(t *testing.T) {
	c, l := newCluster(t, 2)
	require.Contains(t, conditions(c), "AbleToScale=True SucceededGetScale")
	l.set("1")
	clustertest.Update(c, "scaler", func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Labels = map[string]string{"a": "b"} })
	c.After(0)
	require.EqualValues(t, 2, replicas(c))
	clustertest.Update(c, "scaler", func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 3 })
	c.After(0)
	require.EqualValues(t, 3, replicas(c))
}

func TestToleranceAndLimits(t *testing.T) {
	c, l := newCluster(t, 2)
	l.set("540m")
	c.After(15 * time.Second)
	require.EqualValues(t, 2, replicas(c))
	l.set("1")
	clustertest.Update(c, "scaler", func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 3 })
	c.After(15 * time.Second)
	require.EqualValues(t, 3, replicas(c))
	require.Contains(t, conditions(c), "ScalingLimited=True TooManyReplicas")
}

func TestBehaviorLimitsTheRate(t *testing.T) {
	c, l := newCluster(t, 2, func(s *autoscalingv2.HorizontalPodAutoscalerSpec) {
		s.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{
			Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 1, PeriodSeconds: 60}},
		}}
	})
	l.set("1")
	var sizes []int32
	for range 6 {
		c.After(15 * time.Second)
		run(c)
		sizes = append(sizes, replicas(c))
	}
	require.Equal(t, []int32{3, 3, 3, 3, 4, 4}, sizes)
}

func TestWithoutMetrics(t *testing.T) {
	c, _ := newCluster(t, 2)
	require.Equal(t, []string{"AbleToScale=True SucceededGetScale", "ScalingActive=False FailedGetResourceMetric"}, conditions(c))
	require.Subset(t, c.Events("scaler"), []string{
		"FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
		"FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
	})
}

func TestMissingTarget(t *testing.T) {
	c, _ := newCluster(t, 1, func(s *autoscalingv2.HorizontalPodAutoscalerSpec) { s.ScaleTargetRef.Name = "gone" })
	require.Equal(t, []string{"AbleToScale=False FailedGetScale"}, conditions(c))
	require.Contains(t, c.Events("scaler"), `FailedGetScale: deployments.apps "gone" not found`)
}

func TestForkRemembersRecommendations(t *testing.T) {
	c, l := newCluster(t, 4)
	l.set("500m")
	c.After(15 * time.Second)
	l.set("100m")
	c.After(4 * time.Minute)
	forked, err := c.Fork()
	require.NoError(t, err)
	t.Cleanup(forked.Close)
	fork := &clustertest.Cluster{ControlPlane: forked, T: t}
	for _, cluster := range []*clustertest.Cluster{c, fork} {
		cluster.After(55 * time.Second)
		require.EqualValues(t, 4, replicas(cluster))
		cluster.After(30 * time.Second)
		require.EqualValues(t, 1, replicas(cluster))
	}
}
