package fakecluster_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
)

// parallelClients is how many clients load the server at once; see
// docs/performance.md.
const parallelClients = 8

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

func clientsFor(tb testing.TB, config *rest.Config) [parallelClients]*kubernetes.Clientset {
	var clients [parallelClients]*kubernetes.Clientset
	for i := range clients {
		var err error
		clients[i], err = kubernetes.NewForConfig(config)
		require.NoError(tb, err)
	}
	return clients
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "bench"}},
		Data:       map[string]string{"key": "a value of some length, as they are in real life"},
	}
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "bench"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.25"}}},
	}
}

// inParallel shares b.N operations among the clients.
func inParallel(b *testing.B, clients [parallelClients]*kubernetes.Clientset, f func(c *kubernetes.Clientset, n int64) error) {
	var next atomic.Int64
	done := make(chan error, len(clients))
	b.ResetTimer()
	for _, c := range clients {
		go func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					done <- nil
					return
				}
				if err := f(c, n); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range clients {
		require.NoError(b, <-done)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkNew is a cluster from nothing to ready. Target: under 5 ms.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		c, err := fakecluster.New()
		require.NoError(b, err)
		c.Close()
	}
}

// BenchmarkHTTPS is the rate at which 8 clients are served. Targets: 5 times
// what kube-apiserver with etcd does on the same machine.
func BenchmarkHTTPS(b *testing.B) {
	ctx := context.Background()
	b.Run("create", func(b *testing.B) {
		clients := clientsFor(b, overHTTPS(b, newCluster(b, fakecluster.WithNodes(0))))
		inParallel(b, clients, func(c *kubernetes.Clientset, n int64) error {
			_, err := c.CoreV1().ConfigMaps("default").Create(ctx, configMap(fmt.Sprint("cm-", n)), metav1.CreateOptions{})
			return err
		})
	})
	b.Run("create-pods", func(b *testing.B) {
		clients := clientsFor(b, overHTTPS(b, newCluster(b, fakecluster.WithNodes(0))))
		inParallel(b, clients, func(c *kubernetes.Clientset, n int64) error {
			_, err := c.CoreV1().Pods("default").Create(ctx, pod(fmt.Sprint("pod-", n)), metav1.CreateOptions{})
			return err
		})
	})
	b.Run("get", func(b *testing.B) {
		clients := clientsFor(b, overHTTPS(b, newCluster(b, fakecluster.WithNodes(0))))
		_, err := clients[0].CoreV1().Pods("default").Create(ctx, pod("one"), metav1.CreateOptions{})
		require.NoError(b, err)
		inParallel(b, clients, func(c *kubernetes.Clientset, _ int64) error {
			_, err := c.CoreV1().Pods("default").Get(ctx, "one", metav1.GetOptions{})
			return err
		})
	})
	b.Run("patch", func(b *testing.B) {
		clients := clientsFor(b, overHTTPS(b, newCluster(b, fakecluster.WithNodes(0))))
		for i := range 100 {
			_, err := clients[0].CoreV1().Pods("default").Create(ctx, pod(fmt.Sprint("pod-", i)), metav1.CreateOptions{})
			require.NoError(b, err)
		}
		inParallel(b, clients, func(c *kubernetes.Clientset, n int64) error {
			patch := fmt.Sprintf(`{"metadata":{"annotations":{"n":"%d"}}}`, n)
			_, err := c.CoreV1().Pods("default").Patch(ctx, fmt.Sprint("pod-", n%100), types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
			return err
		})
	})
	b.Run("list-3000", func(b *testing.B) {
		clients := clientsFor(b, overHTTPS(b, newCluster(b, fakecluster.WithNodes(0))))
		for i := range 3000 {
			_, err := clients[0].CoreV1().Pods("default").Create(ctx, pod(fmt.Sprint("pod-", i)), metav1.CreateOptions{})
			require.NoError(b, err)
		}
		inParallel(b, clients, func(c *kubernetes.Clientset, _ int64) error {
			_, err := c.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/default/pods").DoRaw(ctx)
			return err
		})
	})
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
