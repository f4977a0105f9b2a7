package describe

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/policyrule"
)

func describeRole(_ context.Context, w *writer, role *rbacv1.Role, _ *related) error {
	w.role(role, role.Rules)
	return nil
}

func describeClusterRole(_ context.Context, w *writer, role *rbacv1.ClusterRole, _ *related) error {
	w.role(role, role.Rules)
	return nil
}

func (w *writer) role(role metav1.Object, rules []rbacv1.PolicyRule) {
	w.metadata(role, false)
	table := w.section("PolicyRule")
	table.heading("Resources", "Non-Resource URLs", "Resource Names", "Verbs")
	for _, rule := range policyrule.Compact(rules) {
		table.row(policyrule.Resource(rule), fmt.Sprint(rule.NonResourceURLs), fmt.Sprint(rule.ResourceNames), fmt.Sprint(rule.Verbs))
	}
}
