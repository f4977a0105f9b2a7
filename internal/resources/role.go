package resources

import (
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func role() *Kind {
	validate := func(r *rbacv1.Role) field.ErrorList {
		return append(validatePolicyRules(r.Rules, true), validateRuleVerbs(r.Rules)...)
	}
	return define(Definition[*rbacv1.Role]{
		Name: "Role", Resource: "roles",
		RevalidatesName: true,
		Version:         rbacv1.SchemeGroupVersion,
		ValidateName:    rbacName,
		Validate:        validate,
		ValidateUpdate:  func(r, _ *rbacv1.Role) field.ErrorList { return validate(r) },
		CreateOnUpdate:  true,
	})
}
