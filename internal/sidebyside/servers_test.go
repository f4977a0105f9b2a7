package sidebyside_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/fidelity"
	"github.com/kubejig/kubejig/testkit"
)

// BenchmarkServers is the rate at which 8 clients are served over HTTPS: by a
// fake cluster, and by Kubernetes' own control plane with etcd where it has been
// built (make reference-controlplane). Target: 5 times its rates.
func BenchmarkServers(b *testing.B) {
	b.Run("kubejig", func(b *testing.B) { servers(ourServer).run(b) })
	b.Run("kubernetes", func(b *testing.B) { servers(kubernetesServer).run(b) })
}

// parallelClients is how many clients load the server at once.
const parallelClients = 8

// servers starts a server, and returns how to reach it.
type servers func(b *testing.B) *rest.Config

func ourServer(b *testing.B) *rest.Config {
	cluster, err := fakecluster.New(fakecluster.WithNodes(0))
	require.NoError(b, err)
	b.Cleanup(cluster.Close)
	listener, err := cluster.Serve(0)
	require.NoError(b, err)
	config, err := clientcmd.NewDefaultClientConfig(*listener.Kubeconfig(), nil).ClientConfig()
	require.NoError(b, err)
	return config
}

func kubernetesServer(b *testing.B) *rest.Config {
	binary := testkit.RequireBinary(b, "../../bin/reference/kube-apiserver")
	server, err := fidelity.StartReference(context.Background(), fidelity.Options{
		Binaries: filepath.Dir(binary), Dir: b.TempDir(), Authorization: "AlwaysAllow", InEarnest: true,
	})
	require.NoError(b, err)
	b.Cleanup(server.Close)
	return server.RESTConfig()
}

func (start servers) run(b *testing.B) {
	ctx := context.Background()
	b.Run("create", func(b *testing.B) {
		start.serve(b, 0, func(c kubernetes.Interface, n int64) error {
			_, err := c.CoreV1().ConfigMaps("bench").Create(ctx, configMap(n), metav1.CreateOptions{})
			return err
		})
	})
	b.Run("create-pods", func(b *testing.B) {
		start.serve(b, 0, func(c kubernetes.Interface, n int64) error {
			_, err := c.CoreV1().Pods("bench").Create(ctx, pod("new", n), metav1.CreateOptions{})
			return err
		})
	})
	b.Run("get", func(b *testing.B) {
		start.serve(b, 1, func(c kubernetes.Interface, _ int64) error {
			_, err := c.CoreV1().Pods("bench").Get(ctx, "pod-0", metav1.GetOptions{})
			return err
		})
	})
	b.Run("patch", func(b *testing.B) {
		start.serve(b, 100, func(c kubernetes.Interface, n int64) error {
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"n":"%d"}}}`, n)
			_, err := c.CoreV1().Pods("bench").Patch(ctx, fmt.Sprint("pod-", n%100), types.StrategicMergePatchType, patch, metav1.PatchOptions{})
			return err
		})
	})
	b.Run("list-3000", func(b *testing.B) {
		start.serve(b, 3000, func(c kubernetes.Interface, _ int64) error {
			_, err := c.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/bench/pods").DoRaw(ctx)
			return err
		})
	})
}

// serve starts a server with so many pods, and shares b.N operations among the
// clients.
func (start servers) serve(b *testing.B, pods int64, operation func(c kubernetes.Interface, n int64) error) {
	config := start(b)
	config.QPS = -1
	clients := make([]kubernetes.Interface, parallelClients)
	for i := range clients {
		var err error
		clients[i], err = kubernetes.NewForConfig(config)
		require.NoError(b, err)
	}
	fill(b, clients, pods)
	b.ResetTimer()
	require.NoError(b, share(clients, int64(b.N), operation))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// fill makes a namespace with an account, which the reference's controllers
// make only after a while, and the pods.
func fill(b *testing.B, clients []kubernetes.Interface, pods int64) {
	ctx := context.Background()
	core := clients[0].CoreV1()
	_, err := core.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bench"}}, metav1.CreateOptions{})
	require.NoError(b, err)
	for {
		if _, err := core.ServiceAccounts("bench").Get(ctx, "default", metav1.GetOptions{}); err == nil {
			break
		}
	}
	require.NoError(b, share(clients, pods, func(c kubernetes.Interface, n int64) error {
		_, err := c.CoreV1().Pods("bench").Create(ctx, pod("pod", n-1), metav1.CreateOptions{})
		return err
	}))
}

// share lets clients carry out operations number 1 to n.
func share(clients []kubernetes.Interface, n int64, operation func(c kubernetes.Interface, n int64) error) error {
	var next atomic.Int64
	var failed error
	var once sync.Once
	var group sync.WaitGroup
	for _, c := range clients {
		group.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				if err := operation(c, i); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	group.Wait()
	return failed
}

func configMap(n int64) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("cm-", n), Labels: map[string]string{"app": "bench"}},
		Data:       map[string]string{"key": "a value of some length, as they are in real life"},
	}
}

func pod(prefix string, n int64) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(prefix, "-", n), Labels: map[string]string{"app": "bench"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.25"}}},
	}
}
