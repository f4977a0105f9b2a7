package validatingadmissionpolicystatus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/validatingadmissionpolicystatus"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

func TestTypesAreChecked(t *testing.T) {
	tests := []struct {
		name, spec string
		want       []admissionv1.ExpressionWarning
	}{
		{name: "all is well", spec: `
matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
validations: [{expression: object.spec.replicas > 1}]`},
		{name: "an unknown field, in two kinds", spec: `
matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments, daemonset, deployments/scale]}]}
validations: [{expression: has(object.spec.odd)}]`, want: []admissionv1.ExpressionWarning{{
			FieldRef: "spec.validations[0].expression",
			Warning: "apps/v1, Kind=DaemonSet: ERROR: <input>:1:4: undefined field 'odd'\n | has(object.spec.odd)\n | ...^\n\n" +
				"apps/v1, Kind=Deployment: ERROR: <input>:1:4: undefined field 'odd'\n | has(object.spec.odd)\n | ...^\n",
		}}},
		{name: "variables have the types of their expressions", spec: `
matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
variables: [{name: replicas, expression: object.spec.replicas}]
validations: [{expression: "true", messageExpression: "'only ' + variables.replicas"}]`, want: []admissionv1.ExpressionWarning{{
			FieldRef: "spec.validations[0].messageExpression",
			Warning:  "apps/v1, Kind=Deployment: ERROR: <input>:1:9: found no matching overload for '_+_' applied to '(string, int)'\n | 'only ' + variables.replicas\n | ........^\n",
		}}},
		{name: "params", spec: `
paramKind: {apiVersion: v1, kind: ConfigMap}
matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
validations: [{expression: params.data.max == 1}]`, want: []admissionv1.ExpressionWarning{{
			FieldRef: "spec.validations[0].expression",
			Warning:  "/v1, Kind=Pod: ERROR: <input>:1:17: found no matching overload for '_==_' applied to '(string, int)'\n | params.data.max == 1\n | ................^\n",
		}}},
		{name: "kinds behind wildcards, and unknown ones", spec: `
matchConstraints:
  resourceRules:
  - {apiGroups: ["*"], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  - {apiGroups: [apps], apiVersions: ["*"], operations: [CREATE], resources: [deployments]}
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: ["*"]}
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [things]}
validations: [{expression: has(object.odd)}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := registry.New(loop.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1), store.New(), resources.Builtin())
			controllers.Run(r, validatingadmissionpolicystatus.New(r))
			admin := client.ForUser(r, "test", "admin")
			policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
			require.NoError(t, yaml.UnmarshalStrict([]byte(tt.spec), &policy.Spec))
			_, err := client.Create(admin, policy)
			require.NoError(t, err)
			r.Loop.Settle()
			checked, _ := client.Get[*admissionv1.ValidatingAdmissionPolicy](admin, "", "p")
			require.Equal(t, int64(1), checked.Status.ObservedGeneration)
			require.Equal(t, tt.want, checked.Status.TypeChecking.ExpressionWarnings)
		})
	}
}
