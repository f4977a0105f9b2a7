package resources

import (
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func roleBinding() *Kind {
	return define(Definition[*rbacv1.RoleBinding]{
		Name: "RoleBinding", Resource: "rolebindings",
		RevalidatesName: true,
		Version:         rbacv1.SchemeGroupVersion,
		Default: func(b *rbacv1.RoleBinding) {
			defaultRoleRef(&b.RoleRef)
			defaultSubjects(b.Subjects)
		},
		ValidateName: rbacName,
		Validate:     validateRoleBinding,
		ValidateUpdate: func(b, old *rbacv1.RoleBinding) field.ErrorList {
			return append(validateRoleBinding(b), validateRoleRefUpdate(b.RoleRef, old.RoleRef)...)
		},
		CreateOnUpdate: true,
		Columns:        bindingColumns("roleBinding", rbacv1beta1.RoleBinding{}.SwaggerDoc()),
		Row: func(b *rbacv1.RoleBinding, now time.Time) []any {
			return bindingRow(b.Name, b.RoleRef, Age(b.CreationTimestamp, now), b.Subjects)
		},
	})
}

func validateRoleBinding(b *rbacv1.RoleBinding) field.ErrorList {
	errs := append(validateRoleRef(b.RoleRef, "Role", "ClusterRole"), validateSubjects(b.Subjects, true)...)
	return append(errs, validateBindingNames(b.RoleRef, b.Subjects)...)
}
