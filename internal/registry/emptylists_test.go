package registry

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestEmptyListsAreForgotten(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want any
	}{
		{"a list that JSON shows", &rbacv1.Role{Rules: []rbacv1.PolicyRule{}}, &rbacv1.Role{}},
		{"one within a list", &rbacv1.Role{Rules: []rbacv1.PolicyRule{{Verbs: []string{}}}}, &rbacv1.Role{Rules: []rbacv1.PolicyRule{{}}}},
		{"lists with something in them", &rbacv1.Role{Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}}}}, &rbacv1.Role{Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}}}}},
		{"behind pointers", &corev1.Pod{Spec: corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{}},
		}}}}, &corev1.Pod{Spec: corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{},
		}}}}},
		{"one that JSON leaves out", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{}}}, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			emptyLists(reflect.TypeOf(c.in))(reflect.ValueOf(c.in))
			require.Equal(t, c.want, c.in)
		})
	}
	require.Nil(t, emptyLists(reflect.TypeFor[*corev1.ConfigMap]()))
}
