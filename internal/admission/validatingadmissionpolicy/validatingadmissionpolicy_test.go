package validatingadmissionpolicy_test

import (
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

// newPolicy is a policy about new ConfigMaps.
func newPolicy(change func(*v1.ValidatingAdmissionPolicySpec), validations ...v1.Validation) *v1.ValidatingAdmissionPolicy {
	p := &v1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec: v1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(v1.Fail),
			Validations:   validations,
			MatchConstraints: &v1.MatchResources{
				MatchPolicy: ptr.To(v1.Equivalent), NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{},
				ResourceRules: []v1.NamedRuleWithOperations{{RuleWithOperations: v1.RuleWithOperations{
					Operations: []v1.OperationType{v1.Create},
					Rule:       v1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}, Scope: ptr.To(v1.AllScopes)},
				}}},
			},
		},
	}
	if change != nil {
		change(&p.Spec)
	}
	return p
}

func newBinding(name string, change func(*v1.ValidatingAdmissionPolicyBindingSpec)) *v1.ValidatingAdmissionPolicyBinding {
	b := &v1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1.ValidatingAdmissionPolicyBindingSpec{PolicyName: "p", ValidationActions: []v1.ValidationAction{v1.Deny}},
	}
	if change != nil {
		change(&b.Spec)
	}
	return b
}

func newMap(data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "m"}, Data: data}
}

// deny is how all refusals begin.
const deny = `configmaps "m" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: `

const costly = "object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, object.data.all(e, object.data.all(f, (a+b+c+d+e+f).size() > 0))))))"

func TestRefusals(t *testing.T) {
	paramKind := func(s *v1.ValidatingAdmissionPolicySpec) {
		s.ParamKind = &v1.ParamKind{APIVersion: "v1", Kind: "Namespace"}
	}
	paramRef := func(name string) func(*v1.ValidatingAdmissionPolicyBindingSpec) {
		return func(s *v1.ValidatingAdmissionPolicyBindingSpec) {
			s.ParamRef = &v1.ParamRef{Name: name, ParameterNotFoundAction: ptr.To(v1.DenyAction)}
		}
	}
	condition := func(text string) func(*v1.ValidatingAdmissionPolicySpec) {
		return func(s *v1.ValidatingAdmissionPolicySpec) {
			s.MatchConditions = []v1.MatchCondition{{Name: "c", Expression: text}}
		}
	}
	for _, tc := range []struct {
		name    string
		policy  *v1.ValidatingAdmissionPolicy
		binding func(*v1.ValidatingAdmissionPolicyBindingSpec)
		data    map[string]string
		want    string
		code    int32
	}{
		{name: "what holds passes", policy: newPolicy(nil, v1.Validation{Expression: "object.data.a == '1'"}), data: map[string]string{"a": "1"}},
		{name: "the expression", policy: newPolicy(nil, v1.Validation{Expression: " 1 > 2 "}), want: deny + "failed expression: 1 > 2", code: 422},
		{
			name:   "its message and reason",
			policy: newPolicy(nil, v1.Validation{Expression: "false", Message: "no", Reason: ptr.To(metav1.StatusReasonForbidden)}),
			want:   deny + "no", code: 403,
		},
		{
			name:   "a message that is made, of keys in order",
			policy: newPolicy(nil, v1.Validation{Expression: "false", MessageExpression: "object.data.map(k, k).join(',')"}),
			data:   map[string]string{"c": "", "a": "", "d": "", "b": ""}, want: deny + "a,b,c,d", code: 422,
		},
		{
			name:   "an expression that fails",
			policy: newPolicy(nil, v1.Validation{Expression: "object.data.none == ''"}),
			want:   deny + "expression 'object.data.none == ''' resulted in error: no such key: data", code: 422,
		},
		{
			name: "failures may be ignored",
			policy: newPolicy(func(s *v1.ValidatingAdmissionPolicySpec) { s.FailurePolicy = ptr.To(v1.Ignore) },
				v1.Validation{Expression: "object.data.none == ''"}),
		},
		{
			name: "variables",
			policy: newPolicy(func(s *v1.ValidatingAdmissionPolicySpec) {
				s.Variables = []v1.Variable{{Name: "n", Expression: "object.data.size()"}, {Name: "twice", Expression: "variables.n * 2"}}
			}, v1.Validation{Expression: "variables.twice < 4", MessageExpression: "string(variables.twice)"}),
			data: map[string]string{"a": "", "b": ""}, want: deny + "4", code: 422,
		},
		{name: "a condition that holds", policy: newPolicy(condition("request.operation == 'CREATE'"), v1.Validation{Expression: "false", Message: "no"}), want: deny + "no", code: 422},
		{name: "a condition that does not", policy: newPolicy(condition("request.namespace == 'x'"), v1.Validation{Expression: "false"})},
		{
			name:   "parameters",
			policy: newPolicy(paramKind, v1.Validation{Expression: "false", MessageExpression: "params.kind + ' ' + params.metadata.name"}), binding: paramRef("kube-system"),
			want: deny + "Namespace kube-system", code: 422,
		},
		{
			name:   "no parameters",
			policy: newPolicy(paramKind, v1.Validation{Expression: "true"}), binding: paramRef("none"),
			want: deny + "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction", code: 422,
		},
		{
			name: "parameters of no kind",
			policy: newPolicy(func(s *v1.ValidatingAdmissionPolicySpec) {
				s.ParamKind = &v1.ParamKind{APIVersion: "example.com/v1", Kind: "None"}
			},
				v1.Validation{Expression: "true"}),
			want: `configmaps "m" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=None'`,
			code: 422,
		},
		{
			name:   "other namespaces",
			policy: newPolicy(nil, v1.Validation{Expression: "false"}),
			binding: func(s *v1.ValidatingAdmissionPolicyBindingSpec) {
				s.MatchResources = &v1.MatchResources{
					ObjectSelector:    &metav1.LabelSelector{},
					NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "kube-system"}},
				}
			},
		},
		{
			name:   "only a warning",
			policy: newPolicy(nil, v1.Validation{Expression: "false"}),
			binding: func(s *v1.ValidatingAdmissionPolicyBindingSpec) {
				s.ValidationActions = []v1.ValidationAction{v1.Warn, v1.Audit}
			},
		},
		{
			name: "what is audited fails",
			policy: newPolicy(func(s *v1.ValidatingAdmissionPolicySpec) {
				s.AuditAnnotations = []v1.AuditAnnotation{{Key: "k", ValueExpression: "string(object.data.a)"}}
			}),
			want: deny + "expression 'string(object.data.a)' resulted in error: no such key: data", code: 422,
		},
		{
			name:   "more than it may cost",
			policy: newPolicy(nil, v1.Validation{Expression: costly}),
			data:   map[string]string{"a": "", "b": "", "c": "", "d": "", "e": "", "f": "", "g": "", "h": ""},
			want:   deny + "expression '" + costly + "' resulted in error: operation cancelled: actual cost limit exceeded", code: 422,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := clustertest.New(t)
			clustertest.Create(c, tc.policy)
			clustertest.Create(c, newBinding("b", tc.binding))
			c.Do(func() {
				_, err := client.Create(c.Admin(), newMap(tc.data))
				if tc.want == "" {
					require.NoError(t, err)
					return
				}
				require.EqualError(t, err, tc.want)
				require.Equal(t, tc.code, err.(apierrors.APIStatus).Status().Code)
			})
		})
	}
}

// A policy without a binding says nothing, nor does one that has been deleted.
func TestBoundPoliciesOnly(t *testing.T) {
	c := clustertest.New(t)
	refused := func() bool {
		var err error
		c.Do(func() { _, err = client.Create(c.Admin(), newMap(nil)) })
		if err == nil {
			clustertest.Delete[*corev1.ConfigMap](c, "m")
		}
		return apierrors.IsInvalid(err)
	}
	clustertest.Create(c, newPolicy(nil, v1.Validation{Expression: "false"}))
	require.False(t, refused())
	clustertest.Create(c, newBinding("b", nil))
	require.True(t, refused())
	clustertest.Update(c, "p", func(p *v1.ValidatingAdmissionPolicy) { p.Spec.Validations[0].Expression = "true" })
	require.False(t, refused(), "what has changed is compiled again")
	clustertest.Delete[*v1.ValidatingAdmissionPolicy](c, "p")
	require.False(t, refused())
}
