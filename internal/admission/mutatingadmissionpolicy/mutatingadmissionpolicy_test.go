package mutatingadmissionpolicy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

// newPolicy is a policy about new ConfigMaps, whose mutations are JSON patches
// where they are lists, and configurations to apply where not.
func newPolicy(name string, change func(*v1.MutatingAdmissionPolicySpec), mutations ...string) *v1.MutatingAdmissionPolicy {
	p := &v1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.MutatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(v1.Fail), ReinvocationPolicy: v1.NeverReinvocationPolicy,
			MatchConstraints: &v1.MatchResources{
				MatchPolicy: ptr.To(v1.Equivalent), NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{},
				ResourceRules: []v1.NamedRuleWithOperations{{RuleWithOperations: v1.RuleWithOperations{
					Operations: []v1.OperationType{v1.Create},
					Rule:       v1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}, Scope: ptr.To(v1.AllScopes)},
				}}},
			},
		},
	}
	for _, text := range mutations {
		m := v1.Mutation{PatchType: v1.PatchTypeApplyConfiguration, ApplyConfiguration: &v1.ApplyConfiguration{Expression: text}}
		if strings.HasPrefix(text, "[") {
			m = v1.Mutation{PatchType: v1.PatchTypeJSONPatch, JSONPatch: &v1.JSONPatch{Expression: text}}
		}
		p.Spec.Mutations = append(p.Spec.Mutations, m)
	}
	if change != nil {
		change(&p.Spec)
	}
	return p
}

func newBinding(policy string) *v1.MutatingAdmissionPolicyBinding {
	return &v1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy}, Spec: v1.MutatingAdmissionPolicyBindingSpec{PolicyName: policy},
	}
}

// again lets a policy be asked a second time.
func again(s *v1.MutatingAdmissionPolicySpec) { s.ReinvocationPolicy = v1.IfNeededReinvocationPolicy }

func ignoring(s *v1.MutatingAdmissionPolicySpec) { s.FailurePolicy = ptr.To(v1.Ignore) }

const (
	increment = `Object{data: {"n": string(int(object.data.n) + 1)}}`
	broken    = `Object{data: {"b": object.data.none}}`
)

func TestMutations(t *testing.T) {
	for _, tc := range []struct {
		name     string
		policies []*v1.MutatingAdmissionPolicy
		want     map[string]string
		refused  string
	}{
		{name: "a configuration", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `Object{data: {"b": "2"}}`)}, want: map[string]string{"n": "1", "b": "2"}},
		{name: "a patch", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `[JSONPatch{op: "move", from: "/data/n", path: "/data/m"}]`)}, want: map[string]string{"m": "1"}},
		{name: "a test that fails", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `[JSONPatch{op: "test", path: "/data/n", value: "2"}, JSONPatch{op: "remove", path: "/data/n"}]`)}, want: map[string]string{"n": "1"}},
		{name: "one mutation sees what those before made", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, increment, increment)}, want: map[string]string{"n": "3"}},
		{name: "asked again", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", again, increment)}, want: map[string]string{"n": "3"}},
		{name: "each as it wants", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", again, increment), newPolicy("q", nil, increment)}, want: map[string]string{"n": "4"}},
		{name: "in the order of names", policies: []*v1.MutatingAdmissionPolicy{newPolicy("q", nil, `Object{data: {"n": object.data.n + "q"}}`), newPolicy("p", nil, `Object{data: {"n": object.data.n + "p"}}`)}, want: map[string]string{"n": "1pq"}},
		{name: "failures ignored", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", ignoring, broken, increment)}, want: map[string]string{"n": "2"}},
		{name: "a failure", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, broken)}, refused: `policy 'p' with binding 'p' denied request: expression '` + broken + `' resulted in error: no such key: none`},
		{name: "a patch that does not fit", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `[JSONPatch{op: "remove", path: "/data/none"}]`)}, refused: `policy 'p' with binding 'p' denied request: JSON Patch: error in remove for path: '/data/none': Unable to remove nonexistent key: none: missing value`},
		{name: "an operation on the whole object without a value", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `[JSONPatch{op: "replace", path: ""}]`)}, refused: `policy 'p' with binding 'p' denied request: JSON Patch: an operation on the whole object needs a value`},
		{name: "a field that is none", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `Object{none: "x"}`)}, refused: `policy 'p' with binding 'p' denied request: error applying patch: failed to convert patch object to typed object: .none: field not declared in schema`},
		{name: "a list that is set whole", policies: []*v1.MutatingAdmissionPolicy{newPolicy("p", nil, `Object{metadata: Object.metadata{managedFields: [Object.metadata.managedFields{manager: "me"}]}}`)}, refused: `policy 'p' with binding 'p' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .metadata.managedFields`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := clustertest.New(t)
			for _, p := range tc.policies {
				clustertest.Create(c, p)
				clustertest.Create(c, newBinding(p.Name))
			}
			c.Do(func() {
				m, err := client.Create(c.Admin(), &corev1.ConfigMap{
					ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "m"}, Data: map[string]string{"n": "1"},
				})
				if tc.refused == "" {
					require.NoError(t, err)
					require.Equal(t, tc.want, m.Data)
					return
				}
				require.EqualError(t, err, tc.refused)
				require.True(t, apierrors.IsInvalid(err))
			})
		})
	}
}
