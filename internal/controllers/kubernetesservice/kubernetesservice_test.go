package kubernetesservice_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func advertised(o *controlplane.Options) { o.Advertised = netip.MustParseAddrPort("192.0.2.1:6443") }

func TestTheServerIsAnEndpointOfItsService(t *testing.T) {
	c := clustertest.New(t, advertised)
	require.Equal(t, "10.96.0.1", clustertest.Get[*corev1.Service](c, "kubernetes").Spec.ClusterIP)

	endpoints := clustertest.Get[*corev1.Endpoints](c, "kubernetes")
	require.Equal(t, map[string]string{"endpointslice.kubernetes.io/skip-mirror": "true"}, endpoints.Labels)
	require.Equal(t, []corev1.EndpointSubset{{
		Addresses: []corev1.EndpointAddress{{IP: "192.0.2.1"}},
		Ports:     []corev1.EndpointPort{{Name: "https", Port: 6443, Protocol: "TCP"}},
	}}, endpoints.Subsets)

	slices := clustertest.List[*discoveryv1.EndpointSlice](c)
	require.Len(t, slices, 1, "the endpoints are not mirrored")
	require.Equal(t, "kubernetes", slices[0].Name)
	require.Equal(t, map[string]string{"kubernetes.io/service-name": "kubernetes"}, slices[0].Labels)
	require.Equal(t, discoveryv1.AddressTypeIPv4, slices[0].AddressType)
	require.Equal(t, []string{"192.0.2.1"}, slices[0].Endpoints[0].Addresses)
	require.Equal(t, discoveryv1.EndpointConditions{Ready: new(true)}, slices[0].Endpoints[0].Conditions)
	require.EqualValues(t, 6443, *slices[0].Ports[0].Port)
}

func TestWhatSomebodyChangesIsRestored(t *testing.T) {
	c := clustertest.New(t, advertised)
	clustertest.Update(c, "kubernetes", func(e *corev1.Endpoints) { e.Subsets = nil })
	clustertest.Delete[*corev1.Service](c, "kubernetes")
	clustertest.Delete[*discoveryv1.EndpointSlice](c, "kubernetes")
	require.NoError(t, c.Advance(t.Context(), 10*time.Second))
	require.Equal(t, "10.96.0.1", clustertest.Get[*corev1.Service](c, "kubernetes").Spec.ClusterIP)
	require.Len(t, clustertest.Get[*corev1.Endpoints](c, "kubernetes").Subsets, 1)
	require.Len(t, clustertest.List[*discoveryv1.EndpointSlice](c), 1)
}

func TestAServerThatIsNowhereHasNoEndpoints(t *testing.T) {
	c := clustertest.New(t)
	require.Empty(t, clustertest.List[*corev1.Endpoints](c))
	require.Empty(t, clustertest.List[*discoveryv1.EndpointSlice](c))
}
