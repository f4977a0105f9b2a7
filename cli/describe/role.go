package describe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describeRole(_ context.Context, w *writer, role *rbacv1.Role, _ *related) error {
	w.role(role, role.Rules)
	return nil
}

func describeClusterRole(_ context.Context, w *writer, role *rbacv1.ClusterRole, _ *related) error {
	w.role(role, role.Rules)
	return nil
}

func (w *writer) role(role metav1.Object, rules []rbacv1.PolicyRule) {
	w.metadata(role, false)
	table := w.section("PolicyRule")
	table.heading("Resources", "Non-Resource URLs", "Resource Names", "Verbs")
	for _, rule := range compactRules(rules) {
		table.row(resourceText(rule), fmt.Sprint(rule.NonResourceURLs), fmt.Sprint(rule.ResourceNames), fmt.Sprint(rule.Verbs))
	}
}

// resourceText is "deployments.apps/scale".
func resourceText(rule rbacv1.PolicyRule) string {
	if len(rule.Resources) == 0 {
		return ""
	}
	resource, subresource, hasSub := strings.Cut(rule.Resources[0], "/")
	if len(rule.APIGroups) > 0 && rule.APIGroups[0] != "" {
		resource += "." + rule.APIGroups[0]
	}
	if hasSub {
		resource += "/" + subresource
	}
	return resource
}

// compactRules says the same as the rules with one rule for each resource (or
// name of one), with all verbs for it, and one for each verb on a path that
// is no resource.
func compactRules(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	type target struct {
		group, resource, name string
		named                 bool
	}
	var paths []rbacv1.PolicyRule
	byTarget := map[target]*rbacv1.PolicyRule{}
	for _, rule := range rules {
		for _, simple := range breakDown(rule) {
			if len(simple.NonResourceURLs) > 0 {
				paths = append(paths, simple)
				continue
			}
			key := target{group: simple.APIGroups[0], resource: simple.Resources[0]}
			if len(simple.ResourceNames) > 0 {
				key.name, key.named = simple.ResourceNames[0], true
			}
			if known := byTarget[key]; known == nil {
				byTarget[key] = &simple
			} else if !slices.Contains(known.Verbs, simple.Verbs[0]) {
				known.Verbs = append(known.Verbs, simple.Verbs[0])
			}
		}
	}
	compact := paths
	for _, rule := range byTarget {
		compact = append(compact, *rule)
	}
	slices.SortStableFunc(compact, func(a, b rbacv1.PolicyRule) int { return cmp.Compare(a.String(), b.String()) })
	return compact
}

// breakDown says the same as a rule with rules of one thing and one verb.
func breakDown(rule rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var simple []rbacv1.PolicyRule
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				one := rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
				if len(rule.ResourceNames) == 0 {
					simple = append(simple, one)
				}
				for _, name := range rule.ResourceNames {
					one.ResourceNames = []string{name}
					simple = append(simple, *one.DeepCopy())
				}
			}
		}
	}
	for _, path := range rule.NonResourceURLs {
		for _, verb := range rule.Verbs {
			simple = append(simple, rbacv1.PolicyRule{NonResourceURLs: []string{path}, Verbs: []string{verb}})
		}
	}
	return simple
}
