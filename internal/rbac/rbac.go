// Package rbac decides by the roles and role bindings of the cluster who may do
// what, as https://kubernetes.io/docs/reference/access-authn-authz/rbac/ has
// it. It also has the roles that every cluster starts with, and refuses to let
// users grant what they don't have.
//
// It reads the store, and must be asked with exclusive access to the engine.
package rbac

import (
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/store"
)

// Authorizer answers from the roles in a store.
type Authorizer struct {
	Store *store.Store
}

var _ authorization.Authorizer = (*Authorizer)(nil)

func resource(name string) schema.GroupResource {
	return schema.GroupResource{Group: rbacv1.GroupName, Resource: name}
}

// Authorize implements [authorization.Authorizer].
func (a *Authorizer) Authorize(q authorization.Attributes) (allowed bool, reason string) {
	var problems []string
	a.visit(q.User, q.Namespace, func(g grant) bool {
		switch {
		case g.err != nil:
			problems = append(problems, g.err.Error())
		case Allow(g.rules, q):
			allowed, reason = true, "RBAC: allowed by "+g.source
		}
		return !allowed
	})
	if !allowed && len(problems) > 0 {
		reason = "RBAC: " + strings.Join(problems, ", ")
		if len(problems) > 1 {
			reason = "RBAC: [" + strings.Join(problems, ", ") + "]"
		}
	}
	return allowed, reason
}

// Rules implements [authorization.Authorizer].
func (a *Authorizer) Rules(user authenticationv1.UserInfo, namespace string) authorizationv1.SubjectRulesReviewStatus {
	status := authorizationv1.SubjectRulesReviewStatus{
		ResourceRules: []authorizationv1.ResourceRule{}, NonResourceRules: []authorizationv1.NonResourceRule{},
	}
	var problems []string
	a.visit(user, namespace, func(g grant) bool {
		if g.err != nil {
			problems = append(problems, g.err.Error())
		}
		for _, r := range g.rules {
			if len(r.Resources) > 0 {
				status.ResourceRules = append(status.ResourceRules, authorizationv1.ResourceRule{
					Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames,
				})
			}
			if len(r.NonResourceURLs) > 0 {
				status.NonResourceRules = append(status.NonResourceRules, authorizationv1.NonResourceRule{
					Verbs: r.Verbs, NonResourceURLs: r.NonResourceURLs,
				})
			}
		}
		return true
	})
	status.Incomplete = len(problems) > 0
	status.EvaluationError = strings.Join(problems, ", ")
	return status
}

// grant is what one binding gives a user.
type grant struct {
	source string
	role   string
	rules  []rbacv1.PolicyRule
	err    error
}

// visit calls f for what each binding gives a user, those of the cluster
// first, until it returns false.
func (a *Authorizer) visit(user authenticationv1.UserInfo, namespace string, f func(grant) bool) {
	goOn := true
	a.Store.Scan(resource("clusterrolebindings"), "", func(item *store.Item) bool {
		b := item.Object.(*rbacv1.ClusterRoleBinding)
		if s, ok := applies(b.Subjects, user, ""); ok {
			goOn = f(a.grant(fmt.Sprintf("ClusterRoleBinding %q", b.Name), b.RoleRef, s, ""))
		}
		return goOn
	})
	if !goOn || namespace == "" {
		return
	}
	a.Store.Scan(resource("rolebindings"), namespace, func(item *store.Item) bool {
		b := item.Object.(*rbacv1.RoleBinding)
		if s, ok := applies(b.Subjects, user, namespace); ok {
			goOn = f(a.grant(fmt.Sprintf("RoleBinding %q", b.Name+"/"+b.Namespace), b.RoleRef, s, namespace))
		}
		return goOn
	})
}

func (a *Authorizer) grant(binding string, ref rbacv1.RoleRef, s rbacv1.Subject, namespace string) grant {
	rules, err := a.rulesOf(ref, namespace)
	return grant{
		source: fmt.Sprintf("%s of %s %q to %s", binding, ref.Kind, ref.Name, describeSubject(s, namespace)),
		role:   ref.Name,
		rules:  rules,
		err:    err,
	}
}

// rulesOf are the rules of a role.
func (a *Authorizer) rulesOf(ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	if ref.Kind == "Role" {
		item := a.Store.Get(resource("roles"), namespace, ref.Name)
		if item == nil {
			return nil, apierrors.NewNotFound(resource("role"), ref.Name)
		}
		return item.Object.(*rbacv1.Role).Rules, nil
	}
	item := a.Store.Get(resource("clusterroles"), "", ref.Name)
	if item == nil {
		return nil, apierrors.NewNotFound(resource("clusterrole"), ref.Name)
	}
	return item.Object.(*rbacv1.ClusterRole).Rules, nil
}

func describeSubject(s rbacv1.Subject, namespace string) string {
	if s.Kind != rbacv1.ServiceAccountKind {
		return fmt.Sprintf("%s %q", s.Kind, s.Name)
	}
	if s.Namespace != "" {
		namespace = s.Namespace
	}
	return fmt.Sprintf("%s %q", s.Kind, s.Name+"/"+namespace)
}
