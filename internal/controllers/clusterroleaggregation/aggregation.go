// Package clusterroleaggregation keeps the rules of cluster roles that are made
// of others, as
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
// describes.
package clusterroleaggregation

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

type controller struct {
	client *client.Client
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	const name = "clusterrole-aggregation-controller"
	c := &controller{client: client.ForServiceAccount(r, name)}
	c.client.Manager = name
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{{
			Resource: schema.GroupResource{Group: rbacv1.GroupName, Resource: "clusterroles"},
			Keys:     c.affected,
		}},
		Reconcile: c.reconcile,
	}
}

// affected are the roles that are made of others: a change of any role may be
// one of theirs.
func (c *controller) affected(store.Event) []loop.Key {
	var keys []loop.Key
	for _, role := range client.List[*rbacv1.ClusterRole](c.client, "", nil) {
		if role.AggregationRule != nil {
			keys = append(keys, controllers.KeyOf(role))
		}
	}
	return keys
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	role, ok := client.Get[*rbacv1.ClusterRole](c.client, "", key.Name)
	if !ok || role.AggregationRule == nil {
		return controllers.Result{}, nil
	}
	rules, err := c.rules(role)
	if err != nil || slices.EqualFunc(rules, role.Rules, same) {
		return controllers.Result{}, err
	}
	return controllers.Result{}, c.apply(role.Name, rules)
}

// apply makes the rules of a role the controller's own, by server-side apply.
func (c *controller) apply(name string, rules []rbacv1.PolicyRule) error {
	list := make([]any, len(rules))
	for i := range rules {
		rule, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&rules[i])
		if err != nil {
			return fmt.Errorf("cluster role %s: %w", name, err)
		}
		list[i] = rule
	}
	config := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": rbacv1.SchemeGroupVersion.String(), "kind": "ClusterRole",
		"metadata": map[string]any{"name": name},
	}}
	if len(list) > 0 {
		config.Object["rules"] = list
	}
	_, err := client.Apply[*rbacv1.ClusterRole](c.client, config)
	return err
}

// rules are those of the roles that an aggregated one selects, each once, in
// the order of selectors and names.
func (c *controller) rules(role *rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	for i := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, fmt.Errorf("cluster role %s: %w", role.Name, err)
		}
		for _, other := range client.List[*rbacv1.ClusterRole](c.client, "", selector) {
			if other.Name != role.Name {
				rules = addNew(rules, other.Rules)
			}
		}
	}
	return rules, nil
}

// addNew adds those rules that are not there yet.
func addNew(rules, more []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	for _, rule := range more {
		if !slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return same(r, rule) }) {
			rules = append(rules, rule)
		}
	}
	return rules
}

func same(a, b rbacv1.PolicyRule) bool {
	return slices.Equal(a.Verbs, b.Verbs) && slices.Equal(a.APIGroups, b.APIGroups) && slices.Equal(a.Resources, b.Resources) &&
		slices.Equal(a.ResourceNames, b.ResourceNames) && slices.Equal(a.NonResourceURLs, b.NonResourceURLs)
}
