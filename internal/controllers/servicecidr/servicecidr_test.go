package servicecidr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controllers/servicecidr"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newRange(c *clustertest.Cluster, name string, cidrs ...string) {
	clustertest.Create(c, &networkingv1.ServiceCIDR{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: cidrs},
	})
}

func ready(c *clustertest.Cluster, name string) string {
	condition := clustertest.Get[*networkingv1.ServiceCIDR](c, name).Status.Conditions[0]
	return string(condition.Status) + " " + condition.Reason + ": " + condition.Message
}

const (
	isReady = "True : Kubernetes Service CIDR is ready"
	isUsed  = "False Terminating: There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"
)

func TestRangesAreReadyAndProtected(t *testing.T) {
	c := clustertest.New(t)
	newRange(c, "more", "10.97.0.0/24")
	for _, name := range []string{"kubernetes", "more"} {
		require.Equal(t, isReady, ready(c, name))
		require.Equal(t, []string{servicecidr.Finalizer}, clustertest.Get[*networkingv1.ServiceCIDR](c, name).Finalizers)
	}
}

func TestUnusedRangeGoesAfterAWhile(t *testing.T) {
	c := clustertest.New(t)
	newRange(c, "more", "10.97.0.0/24")
	clustertest.Delete[*networkingv1.ServiceCIDR](c, "more")
	c.After(9 * time.Second)
	require.Equal(t, []string{"kubernetes", "more"}, clustertest.Names[*networkingv1.ServiceCIDR](c))
	c.After(2 * time.Second)
	require.Equal(t, []string{"kubernetes"}, clustertest.Names[*networkingv1.ServiceCIDR](c))
}

func TestUsedRangeStaysUntilAnotherCoversIt(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
	})
	clustertest.Delete[*networkingv1.ServiceCIDR](c, "kubernetes")
	c.After(time.Minute)
	require.Equal(t, isUsed, ready(c, "kubernetes"))
	newRange(c, "all", "10.0.0.0/8")
	c.After(time.Second)
	require.Equal(t, []string{"all"}, clustertest.Names[*networkingv1.ServiceCIDR](c))
}
