package auth

import (
	"reflect"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// document is a role or a binding of any scope; what its kind does not have is
// nil.
type document struct {
	object   runtime.Object
	metadata *metav1.ObjectMeta
	resource string
	// namespaced says that it belongs to a namespace, which its file must name.
	namespaced bool

	rules       *[]rbacv1.PolicyRule
	aggregation **rbacv1.AggregationRule

	roleRef  *rbacv1.RoleRef
	subjects *[]rbacv1.Subject
}

// documentOf is nil for objects of other kinds.
func documentOf(object runtime.Object) *document {
	switch o := object.(type) {
	case *rbacv1.Role:
		return &document{object: o, metadata: &o.ObjectMeta, resource: "roles", namespaced: true, rules: &o.Rules}
	case *rbacv1.ClusterRole:
		return &document{object: o, metadata: &o.ObjectMeta, resource: "clusterroles", rules: &o.Rules, aggregation: &o.AggregationRule}
	case *rbacv1.RoleBinding:
		return &document{object: o, metadata: &o.ObjectMeta, resource: "rolebindings", namespaced: true, roleRef: &o.RoleRef, subjects: &o.Subjects}
	case *rbacv1.ClusterRoleBinding:
		return &document{object: o, metadata: &o.ObjectMeta, resource: "clusterrolebindings", roleRef: &o.RoleRef, subjects: &o.Subjects}
	}
	return nil
}

func (d *document) copy() *document { return documentOf(d.object.DeepCopyObject()) }

// empty is a document of the same kind to read into.
func (d *document) empty() *document {
	return documentOf(reflect.New(reflect.TypeOf(d.object).Elem()).Interface().(runtime.Object))
}

// selectors are those by which a cluster role takes in the rules of others.
func (d *document) selectors() (selectors []metav1.LabelSelector, aggregates bool) {
	if d.aggregation == nil || *d.aggregation == nil {
		return nil, false
	}
	return (*d.aggregation).ClusterRoleSelectors, true
}
