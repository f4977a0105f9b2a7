package servicelb_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newService(name string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeLoadBalancer, Selector: map[string]string{"app": "web"},
			Ports: []corev1.ServicePort{{Port: 80}},
		},
	}
}

func address(c *clustertest.Cluster, name string) string {
	in := clustertest.Get[*corev1.Service](c, name).Status.LoadBalancer.Ingress
	if len(in) == 0 {
		return ""
	}
	return in[0].IP
}

func TestLoadBalancer(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newService("a"))
	clustertest.Create(c, newService("b"))
	require.NotEmpty(t, address(c, "a"))
	require.NotEqual(t, address(c, "a"), address(c, "b"))
	require.Equal(t, []string{"service.kubernetes.io/load-balancer-cleanup"}, clustertest.Get[*corev1.Service](c, "a").Finalizers)
	require.Equal(t, []string{"EnsuringLoadBalancer: Ensuring load balancer", "EnsuredLoadBalancer: Ensured load balancer"}, c.Events("a"))

	freed := address(c, "a")
	clustertest.Delete[*corev1.Service](c, "a")
	require.Equal(t, []string{"b", "kubernetes"}, clustertest.Names[*corev1.Service](c))
	clustertest.Create(c, newService("c"))
	require.Equal(t, freed, address(c, "c"))
}

func TestServiceThatBecomesInternalLosesItsAddress(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newService("a"))
	clustertest.Update(c, "a", func(s *corev1.Service) {
		s.Spec.Type = corev1.ServiceTypeClusterIP
		s.Spec.Ports[0].NodePort = 0
	})
	require.Empty(t, address(c, "a"))
	require.Empty(t, clustertest.Get[*corev1.Service](c, "a").Finalizers)
	require.Contains(t, c.Events("a"), "DeletedLoadBalancer: Deleted load balancer")
}
