package rbac

import (
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/tokens"
)

// applies finds the subject that is a user, for a binding in a namespace.
func applies(subjects []rbacv1.Subject, user authenticationv1.UserInfo, namespace string) (rbacv1.Subject, bool) {
	for _, s := range subjects {
		if is(s, user, namespace) {
			return s, true
		}
	}
	return rbacv1.Subject{}, false
}

func is(s rbacv1.Subject, user authenticationv1.UserInfo, namespace string) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return s.Name == user.Username
	case rbacv1.GroupKind:
		return slices.Contains(user.Groups, s.Name)
	case rbacv1.ServiceAccountKind:
		if s.Namespace != "" {
			namespace = s.Namespace
		}
		return namespace != "" && tokens.Subject(namespace, s.Name) == user.Username
	}
	return false
}

// Allow reports whether one of some rules allows what a user wants.
func Allow(rules []rbacv1.PolicyRule, q authorization.Attributes) bool {
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return allows(&r, q) })
}

// allows reports whether a rule allows what a user wants.
func allows(r *rbacv1.PolicyRule, q authorization.Attributes) bool {
	if !has(r.Verbs, q.Verb) {
		return false
	}
	if q.Path != "" {
		return slices.ContainsFunc(r.NonResourceURLs, func(url string) bool { return matchesPath(url, q.Path) })
	}
	return has(r.APIGroups, q.Group) && allowsResource(r, q) &&
		(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, q.Name))
}

// has reports whether a list has a value, or all.
func has(list []string, value string) bool {
	return slices.Contains(list, "*") || slices.Contains(list, value)
}

// allowsResource matches "pods", "pods/log", "*/log" and "*".
func allowsResource(r *rbacv1.PolicyRule, q authorization.Attributes) bool {
	wanted := q.Resource
	if q.Subresource != "" {
		wanted += "/" + q.Subresource
	}
	return has(r.Resources, wanted) ||
		q.Subresource != "" && slices.Contains(r.Resources, "*/"+q.Subresource)
}

func matchesPath(rule, path string) bool {
	if rule == "*" || rule == path {
		return true
	}
	prefix, ok := strings.CutSuffix(rule, "*")
	return ok && strings.HasPrefix(path, strings.TrimSuffix(prefix, "*"))
}
