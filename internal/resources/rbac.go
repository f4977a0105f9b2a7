package resources

import (
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

// rbacName lets the kinds of rbac.authorization.k8s.io have any name that can
// stand in a path, such as "system:node".
func rbacName(name string, _ bool) []string { return content.IsPathSegmentName(name) }

func validatePolicyRules(rules []rbacv1.PolicyRule, namespaced bool) field.ErrorList {
	var errs field.ErrorList
	for i := range rules {
		errs = append(errs, validatePolicyRule(&rules[i], namespaced, field.NewPath("rules").Index(i))...)
	}
	return errs
}

// validateRuleVerbs comes after all else that is wrong with a role.
func validateRuleVerbs(rules []rbacv1.PolicyRule) field.ErrorList {
	var errs field.ErrorList
	for i := range rules {
		if len(rules[i].Verbs) == 0 {
			errs = append(errs, field.Required(field.NewPath("rules").Index(i).Child("verbs"), ""))
		}
	}
	return errs
}

func validatePolicyRule(rule *rbacv1.PolicyRule, namespaced bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(rule.NonResourceURLs) > 0 {
		urls := path.Child("nonResourceURLs")
		if namespaced {
			errs = append(errs, field.Invalid(urls, rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
		}
		if len(rule.APIGroups) > 0 || len(rule.Resources) > 0 || len(rule.ResourceNames) > 0 {
			errs = append(errs, field.Invalid(urls, rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
		}
		return errs
	}
	if len(rule.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	if len(rule.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	return errs
}

func defaultRoleRef(ref *rbacv1.RoleRef) {
	setIfZero(&ref.APIGroup, rbacv1.GroupName)
}

func defaultSubjects(subjects []rbacv1.Subject) {
	for i := range subjects {
		if s := &subjects[i]; s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind {
			setIfZero(&s.APIGroup, rbacv1.GroupName)
		}
	}
}

func validateRoleRef(ref rbacv1.RoleRef, kinds ...string) field.ErrorList {
	path := field.NewPath("roleRef")
	var errs field.ErrorList
	if ref.APIGroup != rbacv1.GroupName {
		errs = append(errs, field.NotSupported(path.Child("apiGroup"), ref.APIGroup, []string{rbacv1.GroupName}))
	}
	errs = append(errs, validateOneOf(path.Child("kind"), ref.Kind, kinds...)...)
	if ref.Name == "" {
		return errs
	}
	for _, msg := range rbacName(ref.Name, false) {
		errs = append(errs, field.Invalid(path.Child("name"), ref.Name, msg))
	}
	return errs
}

func validateRoleRefUpdate(ref, old rbacv1.RoleRef) field.ErrorList {
	if ref == old {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("roleRef"), internalform.Of(ref), apivalidation.FieldImmutableErrorMsg)}
}

// validateBindingNames comes after all else that is wrong with a binding.
func validateBindingNames(ref rbacv1.RoleRef, subjects []rbacv1.Subject) field.ErrorList {
	var errs field.ErrorList
	for i, s := range subjects {
		errs = append(errs, validatePresent(field.NewPath("subjects").Index(i).Child("name"), s.Name)...)
	}
	return append(errs, validatePresent(field.NewPath("roleRef", "name"), ref.Name)...)
}

func validateSubjects(subjects []rbacv1.Subject, namespaced bool) field.ErrorList {
	var errs field.ErrorList
	for i := range subjects {
		errs = append(errs, validateSubject(&subjects[i], namespaced, field.NewPath("subjects").Index(i))...)
	}
	return errs
}

func validateSubject(s *rbacv1.Subject, namespaced bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		return append(errs, validateServiceAccountSubject(s, namespaced, path)...)
	case rbacv1.UserKind, rbacv1.GroupKind:
		return append(errs, validateOneOf(path.Child("apiGroup"), s.APIGroup, rbacv1.GroupName)...)
	}
	return append(errs, validateOneOf(path.Child("kind"), s.Kind, rbacv1.ServiceAccountKind, rbacv1.UserKind, rbacv1.GroupKind)...)
}

func validateServiceAccountSubject(s *rbacv1.Subject, namespaced bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if s.Name != "" {
		for _, msg := range apivalidation.ValidateServiceAccountName(s.Name, false) {
			errs = append(errs, field.Invalid(path.Child("name"), s.Name, msg))
		}
	}
	errs = append(errs, validateOneOf(path.Child("apiGroup"), s.APIGroup, "")...)
	if !namespaced && s.Namespace == "" {
		errs = append(errs, field.Required(path.Child("namespace"), ""))
	}
	return errs
}

// bindingColumns are the columns of a kind of role binding.
func bindingColumns(kind string, doc map[string]string) []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		NameColumn(),
		Column("Role", doc["roleRef"]),
		AgeColumn(),
		Wide(Column("Users", "Users in the "+kind)),
		Wide(Column("Groups", "Groups in the "+kind)),
		Wide(Column("ServiceAccounts", "ServiceAccounts in the "+kind)),
	}
}

func bindingRow(name string, ref rbacv1.RoleRef, age string, subjects []rbacv1.Subject) []any {
	names := map[string][]string{}
	for _, s := range subjects {
		name := s.Name
		if s.Kind == rbacv1.ServiceAccountKind {
			name = fmt.Sprintf("%s/%s", s.Namespace, s.Name)
		}
		names[s.Kind] = append(names[s.Kind], name)
	}
	return []any{
		name, fmt.Sprintf("%s/%s", ref.Kind, ref.Name), age,
		strings.Join(names[rbacv1.UserKind], ", "),
		strings.Join(names[rbacv1.GroupKind], ", "),
		strings.Join(names[rbacv1.ServiceAccountKind], ", "),
	}
}
