package controlplane

import (
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/apiservice"
	"github.com/kubejig/kubejig/internal/controllers/flowcontrol"
	"github.com/kubejig/kubejig/internal/rbac"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// bootstrap creates what a Kubernetes cluster has from its first moment on.
func (c *ControlPlane) bootstrap() {
	api := client.ForUser(c.registry, "kube-apiserver", "system:apiserver", "system:masters")
	for _, obj := range c.bootstrapObjects() {
		if _, err := client.Create(api, obj); err != nil {
			panic(err) // our own objects are valid
		}
	}
	if err := rbac.Bootstrap(api); err != nil {
		panic(err)
	}
	if err := flowcontrol.Bootstrap(c.registry); err != nil {
		panic(err)
	}
	if err := apiservice.Bootstrap(c.registry); err != nil {
		panic(err)
	}
}

func (c *ControlPlane) bootstrapObjects() []store.Object {
	objects := []store.Object{
		systemNamespace("kube-system"),
		systemNamespace("kube-public"),
		systemNamespace("kube-node-lease"),
		systemNamespace("default"),
		serviceCIDR(c.options.ServiceRanges),
		storageClass(),
	}
	objects = append(objects, priorityClasses()...)
	return append(objects, kubernetesService(c.options.ServiceRanges[0]))
}

// kinds are those that every cluster serves from the start.
var kinds = sync.OnceValue(func() *resources.Set { return resources.Builtin().With(apiservice.Kind()) })

func systemNamespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func serviceCIDR(ranges []netip.Prefix) *networkingv1.ServiceCIDR {
	s := &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"}}
	for _, r := range ranges {
		s.Spec.CIDRs = append(s.Spec.CIDRs, r.String())
	}
	return s
}

// priorityClasses are those of
// https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
func priorityClasses() []store.Object {
	class := func(name string, value int32, description string) store.Object {
		return &schedulingv1.PriorityClass{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Value: value, Description: description,
		}
	}
	return []store.Object{
		class("system-cluster-critical", 2000000000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."),
		class("system-node-critical", 2000001000, "Used for system critical pods that must not be moved from their current node."),
	}
}

// kubernetesService is the API server as pods reach it, on the first address
// of the range.
func kubernetesService(r netip.Prefix) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "kubernetes",
			Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"},
		},
		Spec: corev1.ServiceSpec{
			ClusterIP: r.Addr().Next().String(),
			Ports: []corev1.ServicePort{{
				Name: "https", Port: 443, TargetPort: intstr.FromInt32(6443), Protocol: corev1.ProtocolTCP,
			}},
		},
	}
}
