package fakecluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
)

func newCluster(tb testing.TB, options ...fakecluster.Option) *fakecluster.Cluster {
	tb.Helper()
	c, err := fakecluster.New(options...)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}

// overHTTPS is a client configuration for a served cluster.
func overHTTPS(tb testing.TB, c *fakecluster.Cluster) *rest.Config {
	tb.Helper()
	l, err := c.Serve(0)
	require.NoError(tb, err)
	config, err := clientcmd.NewDefaultClientConfig(*l.Kubeconfig(), nil).ClientConfig()
	require.NoError(tb, err)
	config.QPS = -1
	return config
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "bench"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.25"}}},
	}
}

// BenchmarkNew is a cluster from nothing to ready. Target: under 5 ms.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		c, err := fakecluster.New()
		require.NoError(b, err)
		c.Close()
	}
}

// BenchmarkDeployment is a Deployment of 1,000 replicas on 100 nodes, from
// apply to all Ready. Target: under 300 ms and 200 MB.
func BenchmarkDeployment(b *testing.B) {
	for b.Loop() {
		c, err := fakecluster.New(fakecluster.WithNodes(100))
		require.NoError(b, err)
		client := kubernetes.NewForConfigOrDie(c.RESTConfig())
		rollOut(b, c, client, 1000)
		c.Close()
	}
}

// rollOut makes a Deployment and lets time pass until its pods are ready.
func rollOut(tb testing.TB, c *fakecluster.Cluster, client kubernetes.Interface, replicas int32) {
	labels := map[string]string{"app": "web"}
	_, err := client.AppsV1().Deployments("default").Create(context.Background(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       pod("").Spec,
			},
		},
	}, metav1.CreateOptions{})
	require.NoError(tb, err)
	require.NoError(tb, c.WaitFor(context.Background(), func(ctx context.Context) error {
		d, err := client.AppsV1().Deployments("default").Get(ctx, "web", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.ReadyReplicas < replicas {
			return fmt.Errorf("%d of %d replicas are ready", d.Status.ReadyReplicas, replicas)
		}
		return nil
	}))
}

// BenchmarkVirtualDay is a day of 100 nodes and 1,000 idle pods. Target: under
// 2 s.
func BenchmarkVirtualDay(b *testing.B) {
	c := newCluster(b, fakecluster.WithNodes(100))
	rollOut(b, c, kubernetes.NewForConfigOrDie(c.RESTConfig()), 1000)
	for b.Loop() {
		c.Advance(24 * time.Hour)
	}
}
