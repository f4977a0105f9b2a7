package disruption_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

var labels = map[string]string{"app": "web"}

func newDeployment(replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: clustertest.Template("nginx", labels),
		},
	}
}

func TestBudget(t *testing.T) {
	number, percent := intstr.FromInt32(2), intstr.FromString("50%")
	for _, tt := range []struct {
		name                               string
		spec                               policyv1.PodDisruptionBudgetSpec
		allowed, healthy, desired, expects int32
		reason                             string
	}{
		{"minAvailable", policyv1.PodDisruptionBudgetSpec{MinAvailable: &number}, 1, 3, 2, 4, "SufficientPods"},
		{"minAvailable in percent", policyv1.PodDisruptionBudgetSpec{MinAvailable: &percent}, 1, 3, 2, 4, "SufficientPods"},
		{"maxUnavailable", policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &number}, 1, 3, 2, 4, "SufficientPods"},
		{"too few", policyv1.PodDisruptionBudgetSpec{MinAvailable: ptrTo(intstr.FromInt32(4))}, 0, 3, 4, 4, "InsufficientPods"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clustertest.New(t)
			clustertest.Create(c, newDeployment(4))
			tt.spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
			clustertest.Create(c, &policyv1.PodDisruptionBudget{
				ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"}, Spec: tt.spec,
			})
			c.Run(clustertest.Names[*corev1.Pod](c)[:3]...)
			s := clustertest.Get[*policyv1.PodDisruptionBudget](c, "web").Status
			require.Equal(t, []int32{tt.allowed, tt.healthy, tt.desired, tt.expects},
				[]int32{s.DisruptionsAllowed, s.CurrentHealthy, s.DesiredHealthy, s.ExpectedPods})
			require.Equal(t, tt.reason, s.Conditions[0].Reason)
		})
	}
}

func ptrTo(v intstr.IntOrString) *intstr.IntOrString { return &v }

func TestBudgetWithoutPodsAllowsNothing(t *testing.T) {
	c := clustertest.New(t)
	zero := intstr.FromInt32(0)
	clustertest.Create(c, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: &zero, Selector: &metav1.LabelSelector{MatchLabels: labels}},
	})
	require.Zero(t, clustertest.Get[*policyv1.PodDisruptionBudget](c, "web").Status.DisruptionsAllowed)
	require.Contains(t, c.Events("web"), "NoPods: No matching pods found (x2)")
}
