package endpointslice_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newService() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}},
		},
	}
}

// slices are the address types of the Service's slices, by name.
func slices(c *clustertest.Cluster) map[string]discoveryv1.AddressType {
	found := map[string]discoveryv1.AddressType{}
	for _, s := range clustertest.List[*discoveryv1.EndpointSlice](c) {
		if s.Labels[discoveryv1.LabelServiceName] == "web" {
			found[s.Name] = s.AddressType
		}
	}
	return found
}

func newSlice(name string, family discoveryv1.AddressType) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name, Labels: map[string]string{
			discoveryv1.LabelServiceName: "web", discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io",
		}},
		AddressType: family,
	}
}

func TestSlicesOfAFamilyThatTheServiceLacksGo(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSlice("web-six", discoveryv1.AddressTypeIPv6))
	clustertest.Create(c, newService())
	require.NotContains(t, slices(c), "web-six")
	require.Len(t, slices(c), 1)
}

func TestSlicesOfAnotherServiceAreNotUsed(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSlice("web-old", discoveryv1.AddressTypeIPv4))
	clustertest.Create(c, newService())
	require.NotContains(t, slices(c), "web-old")
	require.Len(t, slices(c), 1)
}
