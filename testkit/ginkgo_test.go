package testkit_test

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// TestGinkgo runs the specs below: a spec has a cluster as a test has, which is
// closed when the spec ends.
func TestGinkgo(t *testing.T) {
	suite, reporter := ginkgo.GinkgoConfiguration()
	reporter.Succinct = true
	require.True(t, ginkgo.RunSpecs(t, "testkit in Ginkgo", suite, reporter))
}

var _ = ginkgo.Describe("a namespace", func() {
	var (
		cluster *fakecluster.Cluster
		client  kubernetes.Interface
	)

	ginkgo.BeforeEach(func() {
		cluster = testkit.NewCluster(ginkgo.GinkgoTB(), fakecluster.WithNodes(1))
		client = kubernetes.NewForConfigOrDie(cluster.RESTConfig())
		testkit.Kubectl(ginkgo.GinkgoTB(), cluster, "create", "namespace", "shop")
		testkit.Kubectl(ginkgo.GinkgoTB(), cluster, "run", "till", "--image=nginx", "-n", "shop")
		cluster.Advance(time.Minute)
	})

	ginkgo.It("runs its pods", func(ctx context.Context) {
		pod, err := client.CoreV1().Pods("shop").Get(ctx, "till", metav1.GetOptions{})
		require.NoError(ginkgo.GinkgoTB(), err)
		require.Equal(ginkgo.GinkgoTB(), corev1.PodRunning, pod.Status.Phase)
	})

	ginkgo.It("goes once its pods are gone", func(ctx context.Context) {
		t := ginkgo.GinkgoTB()
		require.NoError(t, client.CoreV1().Namespaces().Delete(ctx, "shop", metav1.DeleteOptions{}))
		namespace, err := client.CoreV1().Namespaces().Get(ctx, "shop", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, corev1.NamespaceTerminating, namespace.Status.Phase)
		cluster.Advance(time.Minute)
		_, err = client.CoreV1().Namespaces().Get(ctx, "shop", metav1.GetOptions{})
		require.True(t, apierrors.IsNotFound(err), "%v", err)
	})
})
