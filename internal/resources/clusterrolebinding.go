package resources

import (
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func clusterRoleBinding() *Kind {
	return define(Definition[*rbacv1.ClusterRoleBinding]{
		Name: "ClusterRoleBinding", Resource: "clusterrolebindings", ClusterScoped: true,
		RevalidatesName: true,
		Version:         rbacv1.SchemeGroupVersion,
		Default: func(b *rbacv1.ClusterRoleBinding) {
			defaultRoleRef(&b.RoleRef)
			defaultSubjects(b.Subjects)
		},
		ValidateName: rbacName,
		Validate:     validateClusterRoleBinding,
		ValidateUpdate: func(b, old *rbacv1.ClusterRoleBinding) field.ErrorList {
			return append(validateClusterRoleBinding(b), validateRoleRefUpdate(b.RoleRef, old.RoleRef)...)
		},
		CreateOnUpdate: true,
		Columns:        bindingColumns("clusterRoleBinding", rbacv1beta1.ClusterRoleBinding{}.SwaggerDoc()),
		Row: func(b *rbacv1.ClusterRoleBinding, now time.Time) []any {
			return bindingRow(b.Name, b.RoleRef, Age(b.CreationTimestamp, now), b.Subjects)
		},
	})
}

func validateClusterRoleBinding(b *rbacv1.ClusterRoleBinding) field.ErrorList {
	errs := append(validateRoleRef(b.RoleRef, "ClusterRole"), validateSubjects(b.Subjects, false)...)
	return append(errs, validateBindingNames(b.RoleRef, b.Subjects)...)
}
