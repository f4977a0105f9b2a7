package controlplane

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newCluster(t testing.TB) *ControlPlane {
	c := New(Options{Start: start, Seed: 1})
	t.Cleanup(c.Close)
	return c
}

func admin(c *ControlPlane) *client.Client {
	return client.ForUser(c.Registry(), "test", "admin", "system:masters")
}

func TestDeploymentMakesPods(t *testing.T) {
	c := newCluster(t)
	c.Do(func() {
		_, err := client.Create(admin(c), newDeployment("web", 3))
		require.NoError(t, err)
	})
	c.Do(func() {
		require.Len(t, client.List[*corev1.Pod](admin(c), "default", nil), 3)
		for _, e := range client.List[*corev1.Event](admin(c), "default", nil) {
			t.Log(e.Reason, e.Message)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{Start: start, Seed: 1}).Close()
	}
}

func newDeployment(name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.7.9"}}},
			},
		},
	}
}

func BenchmarkDeployment1000(b *testing.B) {
	for b.Loop() {
		c := New(Options{Start: start, Seed: 1})
		c.Do(func() {
			_, err := client.Create(admin(c), newDeployment("web", 1000))
			require.NoError(b, err)
		})
		c.Do(func() {
			require.Len(b, client.List[*corev1.Pod](admin(c), "default", nil), 1000)
		})
		c.Close()
	}
}
