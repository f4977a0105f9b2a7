// Package policyrule shows the rules of roles.
package policyrule

import (
	"cmp"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// Resource names what the rule is about: "deployments.apps/scale".
func Resource(rule rbacv1.PolicyRule) string {
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

// Compact says the same as the rules with one rule for each resource (or
// name of one), with all verbs for it, and one for each verb on a path that
// is no resource.
func Compact(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	type target struct {
		group, resource, name string
		named                 bool
	}
	var paths []rbacv1.PolicyRule
	byTarget := map[target]*rbacv1.PolicyRule{}
	for _, rule := range rules {
		for _, simple := range validation.BreakdownRule(rule) {
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
