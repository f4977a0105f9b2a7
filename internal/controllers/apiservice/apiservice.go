// Package apiservice lists the versions of API groups that a cluster serves as
// APIService objects: those it starts with, and those of its custom resources.
// All are served by the cluster's own API server; others can't be registered.
package apiservice

import (
	"fmt"
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/customresourcedefinition"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// managedLabel says that an object is kept by its API server: "onstart" from
// the start on, "true" as long as there is a reason for it.
const managedLabel = "kube-aggregator.kubernetes.io/automanaged"

// service is one version of an API group and its priorities.
type service struct {
	group, version string
	groupPriority  int64
	priority       int64
}

// builtin are the versions that every cluster serves, with the priorities that
// Kubernetes gives them.
var builtin = []service{
	{"", "v1", 18000, 1},
	{"apps", "v1", 17800, 15},
	{"events.k8s.io", "v1", 17750, 15},
	{"authentication.k8s.io", "v1", 17700, 15},
	{"authorization.k8s.io", "v1", 17600, 15},
	{"autoscaling", "v2", 17500, 30},
	{"autoscaling", "v1", 17500, 15},
	{"batch", "v1", 17400, 15},
	{"certificates.k8s.io", "v1", 17300, 15},
	{"networking.k8s.io", "v1", 17200, 15},
	{"policy", "v1", 17100, 15},
	{"rbac.authorization.k8s.io", "v1", 17000, 15},
	{"storage.k8s.io", "v1", 16800, 15},
	{"apiextensions.k8s.io", "v1", 16700, 15},
	{"admissionregistration.k8s.io", "v1", 16700, 15},
	{"scheduling.k8s.io", "v1", 16600, 15},
	{"coordination.k8s.io", "v1", 16500, 15},
	{"node.k8s.io", "v1", 16300, 15},
	{"discovery.k8s.io", "v1", 16200, 15},
	{"flowcontrol.apiserver.k8s.io", "v1", 16100, 21},
	{"metrics.k8s.io", "v1beta1", 100, 100},
}

// Priorities of custom resources.
const (
	customGroupPriority = 1000
	customPriority      = 100
)

func (s service) name() string { return s.version + "." + s.group }

// object is the APIService as it is from a moment on.
func (s service) object(managed string, now time.Time) *unstructured.Unstructured {
	spec := map[string]any{"version": s.version, "groupPriorityMinimum": s.groupPriority, "versionPriority": s.priority}
	if s.group != "" {
		spec["group"] = s.group
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": version.String(), "kind": "APIService",
		"metadata": map[string]any{"name": s.name(), "labels": map[string]any{managedLabel: managed}},
		"spec":     spec,
		"status": map[string]any{"conditions": []any{map[string]any{
			"type": "Available", "status": "True", "reason": "Local",
			"message":            "Local APIServices are always available",
			"lastTransitionTime": now.UTC().Format(time.RFC3339),
		}}},
	}}
}

func asServer(r *registry.Registry) *client.Client {
	return client.ForUser(r, "kube-apiserver", "system:apiserver", "system:masters")
}

// Bootstrap lists the versions that every cluster serves.
func Bootstrap(r *registry.Registry) error {
	c := asServer(r)
	for _, s := range builtin {
		if err := client.Install(c, s.object("onstart", r.Loop.Now())); err != nil {
			return fmt.Errorf("API service %s: %w", s.name(), err)
		}
	}
	return nil
}

// New returns the controller that lists the versions of custom resources.
func New(r *registry.Registry) *controllers.Controller {
	c := asServer(r)
	return &controllers.Controller{
		Name: "crd-registration-controller",
		Watches: []controllers.Watch{{
			Resource: customresourcedefinition.Definitions,
			Keys:     func(store.Event) []loop.Key { return []loop.Key{{}} }, // all of them
		}},
		Reconcile: func(loop.Key) (controllers.Result, error) { return controllers.Result{}, reconcile(c) },
	}
}

func reconcile(c *client.Client) error {
	wanted := customVersions(c)
	for _, s := range wanted {
		if c.Registry.Store.Get(resource, "", s.name()) != nil {
			continue
		}
		if err := client.Install(c, s.object("true", c.Registry.Loop.Now())); err != nil {
			return fmt.Errorf("API service %s: %w", s.name(), err)
		}
	}
	for _, obj := range registered(c.Registry) {
		if slices.ContainsFunc(wanted, func(s service) bool { return s.name() == obj.GetName() }) {
			continue
		}
		if err := c.Delete(obj, metav1.DeleteOptions{}); err != nil {
			return fmt.Errorf("delete API service %s: %w", obj.GetName(), err)
		}
	}
	return nil
}

// customVersions are the versions that definitions of custom resources serve.
func customVersions(c *client.Client) []service {
	var found []service
	for _, crd := range client.List[*apiextensionsv1.CustomResourceDefinition](c, "", nil) {
		for _, v := range crd.Spec.Versions {
			s := service{crd.Spec.Group, v.Name, customGroupPriority, customPriority}
			if v.Served && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	return found
}

// registered are the API services of custom resources that are listed.
func registered(r *registry.Registry) []store.Object {
	var found []store.Object
	selector := labels.SelectorFromSet(labels.Set{managedLabel: "true"})
	r.List(Kind(), registry.Predicate{Labels: selector}, func(item *store.Item) bool {
		found = append(found, item.Object)
		return true
	})
	return found
}
