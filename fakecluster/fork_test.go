package fakecluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

func fork(t testing.TB, c *fakecluster.Cluster) *fakecluster.Cluster {
	t.Helper()
	f, err := c.Fork()
	require.NoError(t, err)
	t.Cleanup(f.Close)
	return f
}

// deploy makes a Deployment and lets it become ready.
func deploy(t testing.TB, c *fakecluster.Cluster, name string, replicas int32) {
	t.Helper()
	_, err := kubernetes.NewForConfigOrDie(c.RESTConfig()).AppsV1().Deployments("default").
		Create(t.Context(), deployment(name, replicas), metav1.CreateOptions{})
	require.NoError(t, err)
	c.Advance(time.Minute)
}

// stir changes this and that in a cluster.
func stir(t testing.TB, c *fakecluster.Cluster) {
	t.Helper()
	ctx := t.Context()
	client := kubernetes.NewForConfigOrDie(c.RESTConfig())
	_, err := client.AppsV1().Deployments("default").Patch(ctx, "web", types.MergePatchType, []byte(`{"spec":{"replicas":7}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	deploy(t, c, "other", 3)
	pods, err := client.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
	require.NoError(t, err)
	require.NoError(t, client.CoreV1().Pods("default").Delete(ctx, pods.Items[0].Name, metav1.DeleteOptions{}))
	require.NoError(t, client.CoreV1().Nodes().Delete(ctx, "node-2", metav1.DeleteOptions{}))
	c.Advance(10 * time.Minute)
}

func TestForksGoTheirOwnWays(t *testing.T) {
	original := newCluster(t)
	defineCronTabs(t, original.RESTConfig())
	deploy(t, original, "web", 5)
	before := everything(t, original.RESTConfig())

	forked := fork(t, original)
	require.Equal(t, original.Now(), forked.Now())
	require.Equal(t, before, everything(t, forked.RESTConfig()))
	stir(t, forked)
	require.Equal(t, before, everything(t, original.RESTConfig()), "the original is untouched")

	after := everything(t, forked.RESTConfig())
	require.NotEqual(t, before, after)
	require.NoError(t, kubernetes.NewForConfigOrDie(original.RESTConfig()).AppsV1().Deployments("default").Delete(t.Context(), "web", metav1.DeleteOptions{}))
	original.Advance(time.Hour)
	require.Equal(t, after, everything(t, forked.RESTConfig()), "and so is the fork")
}

// TestForksDoWhatTheirOriginalsDo has a cluster and forks of it, and of these,
// get the same requests.
func TestForksDoWhatTheirOriginalsDo(t *testing.T) {
	original := newCluster(t)
	deploy(t, original, "web", 5)
	child := fork(t, original)
	grandchild := fork(t, child)
	for _, c := range []*fakecluster.Cluster{original, child, grandchild} {
		stir(t, c)
	}
	want := everything(t, original.RESTConfig())
	require.Equal(t, want, everything(t, child.RESTConfig()))
	require.Equal(t, want, everything(t, grandchild.RESTConfig()))
}

// BenchmarkFork forks a cluster of 100 nodes and 1,000 pods. Target: under
// 5 ms.
func BenchmarkFork(b *testing.B) {
	c := newCluster(b, fakecluster.WithNodes(100))
	deploy(b, c, "web", 1000)
	for b.Loop() {
		f, err := c.Fork()
		require.NoError(b, err)
		f.Close()
	}
}
