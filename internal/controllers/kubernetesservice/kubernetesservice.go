// Package kubernetesservice keeps the Service "kubernetes", by which pods reach
// the API server, and its endpoints, which no selector finds:
// https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster/#accessing-the-api-from-within-a-pod
package kubernetesservice

import (
	"fmt"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	name     = "kubernetes"
	portName = "https"
	port     = 443
	// period is how long what somebody has changed stays so.
	period = 10 * time.Second
)

// Addresses are where the API server is.
type Addresses struct {
	// ClusterIP of the Service.
	ClusterIP netip.Addr
	// Server is where the server itself listens. If it is the zero one, the
	// Service has no endpoints.
	Server netip.AddrPort
}

// New returns the controller that restores the Service and its endpoints.
func New(r *registry.Registry, a Addresses) *controllers.Controller {
	c := client.ForUser(r, "kube-apiserver", "system:apiserver", "system:masters")
	controller := &controllers.Controller{
		Name:      "kubernetes-service-controller",
		Reconcile: func(loop.Key) (controllers.Result, error) { return controllers.Result{}, Ensure(c, a) },
	}
	for _, resource := range []schema.GroupResource{
		{Resource: "services"}, {Resource: "endpoints"}, {Group: discoveryv1.GroupName, Resource: "endpointslices"},
	} {
		controller.Watches = append(controller.Watches, controllers.Watch{Resource: resource, Keys: ours, Delay: period})
	}
	return controller
}

func ours(ev store.Event) []loop.Key {
	key := controllers.KeyOf(ev.Item.Object)
	if key.Namespace != corev1.NamespaceDefault || key.Name != name {
		return nil
	}
	return []loop.Key{key}
}

// Ensure creates what is missing, and undoes what somebody changed.
func Ensure(c *client.Client, a Addresses) error {
	if err := ensure(c, service(a), restoreService); err != nil {
		return fmt.Errorf("service of the API server: %w", err)
	}
	if !a.Server.IsValid() {
		return nil
	}
	if err := ensure(c, endpoints(a.Server), restoreEndpoints); err != nil {
		return fmt.Errorf("endpoints of the API server: %w", err)
	}
	if err := ensure(c, endpointSlice(a.Server), restoreEndpointSlice); err != nil {
		return fmt.Errorf("endpoint slice of the API server: %w", err)
	}
	return nil
}

// ensure creates an object, or puts into the one that is there what it should
// have.
func ensure[T store.Object](c *client.Client, want T, restore func(have, want T)) error {
	have, ok := client.Get[T](c, corev1.NamespaceDefault, name)
	if !ok {
		_, err := client.Create(c, want)
		return err
	}
	next := have.DeepCopyObject().(T)
	restore(next, want)
	if equality.Semantic.DeepEqual(next, have) {
		return nil
	}
	_, err := client.Update(c, next)
	return err
}

func meta(labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: corev1.NamespaceDefault, Name: name, Labels: labels}
}

func service(a Addresses) *corev1.Service {
	target := intstr.FromInt32(6443)
	if a.Server.IsValid() {
		target = intstr.FromInt32(int32(a.Server.Port()))
	}
	return &corev1.Service{
		ObjectMeta: meta(map[string]string{"component": "apiserver", "provider": "kubernetes"}),
		Spec: corev1.ServiceSpec{
			Type:      corev1.ServiceTypeClusterIP,
			ClusterIP: a.ClusterIP.String(),
			Ports:     []corev1.ServicePort{{Name: portName, Port: port, TargetPort: target, Protocol: corev1.ProtocolTCP}},
		},
	}
}

func restoreService(have, want *corev1.Service) {
	have.Spec.Type, have.Spec.Ports = want.Spec.Type, want.Spec.Ports
}

func endpoints(server netip.AddrPort) *corev1.Endpoints {
	return &corev1.Endpoints{
		ObjectMeta: meta(map[string]string{discoveryv1.LabelSkipMirror: "true"}),
		Subsets: []corev1.EndpointSubset{{
			Addresses: []corev1.EndpointAddress{{IP: server.Addr().String()}},
			Ports:     []corev1.EndpointPort{{Name: portName, Port: int32(server.Port()), Protocol: corev1.ProtocolTCP}},
		}},
	}
}

func restoreEndpoints(have, want *corev1.Endpoints) {
	have.Labels, have.Subsets = want.Labels, want.Subsets
}

func endpointSlice(server netip.AddrPort) *discoveryv1.EndpointSlice {
	family := discoveryv1.AddressTypeIPv4
	if server.Addr().Is6() {
		family = discoveryv1.AddressTypeIPv6
	}
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  meta(map[string]string{discoveryv1.LabelServiceName: name}),
		AddressType: family,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses:  []string{server.Addr().String()},
			Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
		}},
		Ports: []discoveryv1.EndpointPort{{
			Name: new(portName), Port: new(int32(server.Port())), Protocol: new(corev1.ProtocolTCP),
		}},
	}
}

func restoreEndpointSlice(have, want *discoveryv1.EndpointSlice) {
	have.Labels, have.Endpoints, have.Ports = want.Labels, want.Endpoints, want.Ports
}
