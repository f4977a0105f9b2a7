package rbac

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
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

var _ admission.Mutator = EscalationCheck{}

// Name implements [admission.Plugin].
func (EscalationCheck) Name() string { return "RBACEscalation" }

// Admit implements [admission.Mutator]: the question comes before the object is
// validated.
func (e EscalationCheck) Admit(a *admission.Attributes) error {
	if a.Object == nil || a.Kind.GroupKind().Group != rbacv1.GroupName || authorization.IsSuperuser(a.User) {
		return nil
	}
	if a.Old != nil && changesOnlyDependence(a.Object, a.Old) {
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

// changesOnlyDependence reports whether a write changes but the fields of which
// garbage is collected.
func changesOnlyDependence(obj, old store.Object) bool {
	same := obj.DeepCopyObject().(store.Object)
	same.SetOwnerReferences(old.GetOwnerReferences())
	same.SetFinalizers(old.GetFinalizers())
	same.SetManagedFields(old.GetManagedFields())
	return equality.Semantic.DeepEqual(same, old)
}

func (e EscalationCheck) checkRole(a *admission.Attributes) error {
	name := a.Name
	if a.Operation == admission.Create {
		name = "" // as the path has none
	}
	if e.may(a, "escalate", a.Kind.Resource, name) {
		return nil
	}
	if err := e.checkHeld(a, rulesIn(a.Object)); err != nil {
		return err
	}
	if (aggregates(a.Object) || aggregates(a.Old)) && e.checkHeld(a, everything()) != nil {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, errors.New("must have cluster-admin privileges to use the aggregationRule"))
	}
	return nil
}

// everything are the rules of who may do everything.
func everything() []rbacv1.PolicyRule {
	all := []string{"*"}
	return []rbacv1.PolicyRule{{Verbs: all, APIGroups: all, Resources: all}, {Verbs: all, NonResourceURLs: all}}
}

// aggregates reports whether a role gathers the rules of others.
func aggregates(obj store.Object) bool {
	role, ok := obj.(*rbacv1.ClusterRole)
	return ok && role.AggregationRule != nil && len(role.AggregationRule.ClusterRoleSelectors) > 0
}

func (e EscalationCheck) checkBinding(a *admission.Attributes) error {
	ref := refIn(a.Object)
	var role string
	switch ref.Kind {
	case "Role":
		role = "roles"
	case "ClusterRole":
		role = "clusterroles"
	default:
		return fmt.Errorf("unsupported role reference kind: %q", ref.Kind)
	}
	if e.may(a, "bind", role, ref.Name) {
		return nil
	}
	rules, err := e.rulesOf(ref, a.Namespace)
	if err != nil {
		return missingRole(a, ref.Name)
	}
	return e.checkHeld(a, rules)
}

// missingRole is the error of a role that is not there, which goes by the name
// of the resource that is written.
func missingRole(a *admission.Attributes, name string) error {
	return apierrors.NewNotFound(a.Kind.GroupResource(), name)
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
	var problems []error
	e.visit(a.User, a.Namespace, func(g grant) bool {
		if g.err != nil {
			problems = append(problems, missingRole(a, g.role))
		}
		held = append(held, g.rules...)
		return true
	})
	covered, missing := validation.Covers(held, rules)
	if covered {
		return nil
	}
	err := escalation(a.User, missing)
	if len(problems) > 0 {
		err = fmt.Errorf("%w; resolution errors: [%w]", err, utilerrors.NewAggregate(problems))
	}
	return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, err)
}

func escalation(user authenticationv1.UserInfo, missing []rbacv1.PolicyRule) error {
	var lines []string
	for _, r := range mergeVerbs(missing) {
		lines = append(lines, compact(r))
	}
	slices.Sort(lines)
	return fmt.Errorf("user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s",
		user.Username, user.Groups, strings.Join(slices.Compact(lines), "\n"))
}

// mergeVerbs makes one rule of those for the same resource, and for the same
// name of it.
func mergeVerbs(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var merged []rbacv1.PolicyRule
	for _, r := range rules {
		same := func(other rbacv1.PolicyRule) bool {
			return len(r.NonResourceURLs) == 0 && slices.Equal(r.APIGroups, other.APIGroups) &&
				slices.Equal(r.Resources, other.Resources) && slices.Equal(r.ResourceNames, other.ResourceNames)
		}
		if i := slices.IndexFunc(merged, same); i >= 0 {
			merged[i].Verbs = slices.Concat(merged[i].Verbs, r.Verbs)
			continue
		}
		merged = append(merged, r)
	}
	return merged
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
	return "{" + strings.Join(parts, ", ") + "}"
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
