package controlplane

import (
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/apiservice"
	"github.com/kubejig/kubejig/internal/controllers/flowcontrol"
	"github.com/kubejig/kubejig/internal/controllers/kubernetesservice"
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
	if err := kubernetesservice.Ensure(api, c.serverAddresses()); err != nil {
		panic(err)
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
	return append(objects, priorityClasses()...)
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

// serverAddresses are where the API server is found.
func (c *ControlPlane) serverAddresses() kubernetesservice.Addresses {
	return kubernetesservice.Addresses{
		ClusterIP: c.options.ServiceRanges[0].Addr().Next(), Server: c.options.Advertised,
	}
}
