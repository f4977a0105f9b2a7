package describe

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describeRoleBinding(_ context.Context, w *writer, binding *rbacv1.RoleBinding, _ *related) error {
	w.binding(binding, binding.RoleRef, binding.Subjects)
	return nil
}

func describeClusterRoleBinding(_ context.Context, w *writer, binding *rbacv1.ClusterRoleBinding, _ *related) error {
	w.binding(binding, binding.RoleRef, binding.Subjects)
	return nil
}

func (w *writer) binding(binding metav1.Object, role rbacv1.RoleRef, subjects []rbacv1.Subject) {
	w.metadata(binding, false)
	w.section("Role").fields("Kind", role.Kind, "Name", role.Name)
	table := w.section("Subjects")
	table.heading("Kind", "Name", "Namespace")
	for _, subject := range subjects {
		table.row(subject.Kind, subject.Name, subject.Namespace)
	}
}
