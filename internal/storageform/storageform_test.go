package storageform_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/storageform"
)

func TestWhatStoringLoses(t *testing.T) {
	cases := []struct {
		name          string
		object, wants runtime.Object
	}{
		{"an empty list that shows", &rbacv1.Role{Rules: []rbacv1.PolicyRule{}}, &rbacv1.Role{}},
		{"within an element", &rbacv1.Role{Rules: []rbacv1.PolicyRule{{Verbs: []string{}}}}, &rbacv1.Role{Rules: []rbacv1.PolicyRule{{}}}},
		{"behind pointers", behindPointers([]corev1.NodeSelectorTerm{}), behindPointers(nil)},
		{"further down", flow([]string{}), flow(nil)},
		{"an empty list that does not show", &corev1.ServiceAccount{Secrets: []corev1.ObjectReference{}}, &corev1.ServiceAccount{Secrets: []corev1.ObjectReference{}}},
		{"bytes", &corev1.Secret{Data: map[string][]byte{"a": {}}}, &corev1.Secret{Data: map[string][]byte{"a": {}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := c.object.DeepCopyObject()
			require.Equal(t, c.wants, storageform.For(c.object).Of(c.object))
			require.Equal(t, before, c.object, "the object is changed")
		})
	}
}

func TestWhatLosesNothingIsNotCopied(t *testing.T) {
	role := &rbacv1.Role{Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}}}}
	require.Same(t, role, storageform.For(role).Of(role))
}

func flow(namespaces []string) *flowcontrolv1.FlowSchema {
	rule := flowcontrolv1.ResourcePolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"*"}, Namespaces: namespaces}
	return &flowcontrolv1.FlowSchema{Spec: flowcontrolv1.FlowSchemaSpec{
		Rules: []flowcontrolv1.PolicyRulesWithSubjects{{Subjects: []flowcontrolv1.Subject{{}}, ResourceRules: []flowcontrolv1.ResourcePolicyRule{rule}}},
	}}
}

func behindPointers(terms []corev1.NodeSelectorTerm) *corev1.Pod {
	return &corev1.Pod{Spec: corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms},
	}}}}
}
