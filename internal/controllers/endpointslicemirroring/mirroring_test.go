package endpointslicemirroring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func TestEndpointsOfAServiceWithoutSelectorAreMirrored(t *testing.T) {
	c := clustertest.New(t)
	meta := metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "db"}
	clustertest.Create(c, &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 5432}}}})
	clustertest.Create(c, &corev1.Endpoints{ObjectMeta: meta, Subsets: []corev1.EndpointSubset{{
		Addresses:         []corev1.EndpointAddress{{IP: "192.0.2.1"}, {IP: "2001:db8::1"}},
		NotReadyAddresses: []corev1.EndpointAddress{{IP: "192.0.2.2"}},
		Ports:             []corev1.EndpointPort{{Port: 5432}},
	}}})
	mirrored := func() map[discoveryv1.AddressType]int {
		n := map[discoveryv1.AddressType]int{}
		for _, s := range clustertest.List[*discoveryv1.EndpointSlice](c) {
			if s.Labels["kubernetes.io/service-name"] == "db" {
				require.Equal(t, "endpointslicemirroring-controller.k8s.io", s.Labels["endpointslice.kubernetes.io/managed-by"])
				n[s.AddressType] = len(s.Endpoints)
			}
		}
		return n
	}
	require.Equal(t, map[discoveryv1.AddressType]int{"IPv4": 2, "IPv6": 1}, mirrored())

	clustertest.Update(c, "db", func(e *corev1.Endpoints) { e.Subsets[0].Addresses = e.Subsets[0].Addresses[:1] })
	require.Equal(t, map[discoveryv1.AddressType]int{"IPv4": 2}, mirrored())
	clustertest.Delete[*corev1.Endpoints](c, "db")
	require.Empty(t, mirrored())
}
