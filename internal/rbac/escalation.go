package rbac

import (
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/store"
)

// EscalationCheck refuses writes of roles and bindings by which users would
// grant what they may not do themselves, unless they may escalate or bind.
type EscalationCheck struct {
	*Authorizer
}

var _ admission.Validator = EscalationCheck{}

// Name implements [admission.Plugin].
func (EscalationCheck) Name() string { return "RBACEscalation" }

// Validate implements [admission.Validator].
func (e EscalationCheck) Validate(a *admission.Attributes) error {
	if a.Object == nil || a.Kind.GroupKind().Group != rbacv1.GroupName || authorization.IsSuperuser(a.User) {
		return nil
	}
	switch a.Kind.Resource {
	case "roles", "clusterroles":
		return e.checkRole(a)
	case "rolebindings", "clusterrolebindings":
		return e.checkBinding(a)
	}
	return nil
}

func (e EscalationCheck) checkRole(a *admission.Attributes) error {
	rules, before := rulesIn(a.Object), rulesIn(a.Old)
	if a.Old != nil && equality.Semantic.DeepEqual(rules, before) || e.may(a, "escalate", a.Kind.Resource, a.Name) {
		return nil
	}
	return e.checkHeld(a, rules)
}

func (e EscalationCheck) checkBinding(a *admission.Attributes) error {
	ref := refIn(a.Object)
	if a.Old != nil && equality.Semantic.DeepEqual(a.Object, a.Old) {
		return nil
	}
	role := "clusterroles"
	if ref.Kind == "Role" {
		role = "roles"
	}
	if e.may(a, "bind", role, ref.Name) {
		return nil
	}
	rules, err := e.rulesOf(ref, a.Namespace)
	if err != nil {
		return err
	}
	return e.checkHeld(a, rules)
}

// may asks whether the user has a verb on a role.
func (e EscalationCheck) may(a *admission.Attributes, verb, resource, name string) bool {
	allowed, _ := e.Authorize(authorization.Attributes{
		User: a.User, Verb: verb, Namespace: a.Namespace, Group: rbacv1.GroupName, Version: "v1", Resource: resource, Name: name,
	})
	return allowed
}

// checkHeld refuses rules that the user does not have.
func (e EscalationCheck) checkHeld(a *admission.Attributes, rules []rbacv1.PolicyRule) error {
	var held []rbacv1.PolicyRule
	e.visit(a.User, a.Namespace, func(g grant) bool {
		held = append(held, g.rules...)
		return true
	})
	covered, missing := validation.Covers(held, rules)
	if covered {
		return nil
	}
	return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, escalation(a.User, missing))
}

func escalation(user authenticationv1.UserInfo, missing []rbacv1.PolicyRule) error {
	var lines []string
	for _, r := range missing {
		lines = append(lines, compact(r))
	}
	slices.Sort(lines)
	return fmt.Errorf("user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s",
		user.Username, user.Groups, strings.Join(slices.Compact(lines), "\n"))
}

// compact is a rule as messages show it.
func compact(r rbacv1.PolicyRule) string {
	var parts []string
	add := func(name string, values []string) {
		if len(values) > 0 {
			parts = append(parts, fmt.Sprintf("%s:%q", name, values))
		}
	}
	add("APIGroups", r.APIGroups)
	add("Resources", r.Resources)
	add("NonResourceURLs", r.NonResourceURLs)
	add("ResourceNames", r.ResourceNames)
	add("Verbs", r.Verbs)
	return "{" + strings.ReplaceAll(strings.Join(parts, ", "), `" "`, `", "`) + "}"
}

func rulesIn(obj store.Object) []rbacv1.PolicyRule {
	switch obj := obj.(type) {
	case *rbacv1.Role:
		return obj.Rules
	case *rbacv1.ClusterRole:
		return obj.Rules
	}
	return nil
}

func refIn(obj store.Object) rbacv1.RoleRef {
	switch obj := obj.(type) {
	case *rbacv1.RoleBinding:
		return obj.RoleRef
	case *rbacv1.ClusterRoleBinding:
		return obj.RoleRef
	}
	return rbacv1.RoleRef{}
}
