package resources

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWebhookValidation(t *testing.T) {
	runValidation(t, validatingWebhookConfiguration(), []validationCase{
		{name: "defaults", manifest: `
webhooks:
- name: check.example.com
  clientConfig: {service: {namespace: default, name: hooks}}
  sideEffects: None
  admissionReviewVersions: [v1]
  rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods, pods/log]}]
  matchConditions: [{name: not-mine, expression: "request.userInfo.username != 'me'"}]
`},
		{name: "nothing", manifest: `webhooks: [{}]`, want: []string{
			"webhooks[0].name: Required value",
			"webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
			"webhooks[0].clientConfig: Required value: exactly one of url or service is required",
			"webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
		}},
		{name: "rules and conditions", manifest: `
webhooks:
- name: check.example.com
  clientConfig: {url: "http://example.com"}
  sideEffects: Some
  timeoutSeconds: 31
  admissionReviewVersions: [v2]
  rules: [{operations: ["*", CREATE], apiGroups: [], apiVersions: ["*", v1], resources: ["*", pods]}]
  matchConditions: [{name: a, expression: "request.size"}]
`, want: []string{
			`webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
			`webhooks[0].rules[0].apiGroups: Required value`,
			`webhooks[0].rules[0].apiVersions: Invalid value: ["*","v1"]: if '*' is present, must not specify other API versions`,
			`webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
			`webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`,
			`webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`,
			`webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
			"webhooks[0].matchConditions[0].expression: Invalid value: \"request.size\": compilation failed: ERROR: <input>:1:8: undefined field 'size'\n | request.size\n | .......^",
			`webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1`,
		}},
	})
	runValidation(t, mutatingWebhookConfiguration(), []validationCase{
		{name: "reinvocation", manifest: `
webhooks:
- name: check.example.com
  clientConfig: {url: "https://example.com"}
  sideEffects: None
  admissionReviewVersions: [v1]
  reinvocationPolicy: Always
`, want: []string{`webhooks[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"`}},
	})
	require.Equal(t, []any{"x", int64(0), "2m"}, cellsOf(t, mutatingWebhookConfiguration(), createdAtEpoch))
}

func TestValidatingAdmissionPolicyValidation(t *testing.T) {
	const matching = `matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]}`
	runValidation(t, validatingAdmissionPolicy(), []validationCase{
		{name: "variables", manifest: `
spec:
  ` + matching + `
  variables: [{name: replicas, expression: object.spec.replicas}]
  validations: [{expression: "variables.replicas <= 5", messageExpression: "'at most 5'"}]
`},
		{name: "nothing", manifest: `{}`, want: []string{
			"spec.matchConstraints: Required value",
			"spec.validations: Required value: validations or auditAnnotations must contain at least one item",
			"spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
		}},
		{name: "a variable where there are none", manifest: `
spec:
  ` + matching + `
  validations: [{expression: variables.a}]
`, want: []string{
			"spec.validations[0].expression: Invalid value: \"variables.a\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.a\n | ^",
		}},
		{name: "a rule that is no condition", manifest: `
spec:
  ` + matching + `
  paramKind: {apiVersion: a/b/c, kind: K}
  variables: [{name: if, expression: "1"}]
  validations: [{expression: "'yes'", message: "a\nb", reason: Teapot}]
`, want: []string{
			`spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
			`spec.variables[0].name: Invalid value: "if": must be a valid CEL identifier`,
			`spec.validations[0].expression: Invalid value: "'yes'": must evaluate to bool but got string`,
			"spec.validations[0].message: Invalid value: \"a\\nb\": must not contain line breaks",
			`spec.validations[0].reason: Unsupported value: "Teapot": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"`,
		}},
	})
	require.Equal(t, []any{"x", int64(0), "v1/ConfigMap", "2m"}, cellsOf(t, validatingAdmissionPolicy(), createdAtEpoch+`spec: {paramKind: {apiVersion: v1, kind: ConfigMap}}`))
}

func TestValidatingAdmissionPolicyBindingValidation(t *testing.T) {
	runValidation(t, validatingAdmissionPolicyBinding(), []validationCase{
		{name: "valid", manifest: `spec: {policyName: p, validationActions: [Deny, Audit]}`},
		{name: "nothing", manifest: `{}`, want: []string{
			"spec.policyName: Required value",
			"spec.validationActions: Required value",
		}},
		{name: "contradictions", manifest: `spec: {policyName: p, validationActions: [Deny, Warn], paramRef: {name: a, selector: {}}}`, want: []string{
			"spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
			"spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
			"spec.paramRef.parameterNotFoundAction: Required value",
			`spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)`,
		}},
	})
	require.Equal(t, []any{"x", "p", "*/a", "2m"}, cellsOf(t, validatingAdmissionPolicyBinding(), createdAtEpoch+`spec: {policyName: p, paramRef: {name: a}}`))
}

func TestMutatingAdmissionPolicyValidation(t *testing.T) {
	const matching = `matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}`
	runValidation(t, mutatingAdmissionPolicy(), []validationCase{
		{name: "both patches", manifest: `
spec:
  ` + matching + `
  reinvocationPolicy: Never
  mutations:
  - {patchType: ApplyConfiguration, applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"}}
  - {patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/spec', value: 1}]"}}
`},
		{name: "no patch", manifest: `
spec:
  ` + strings.Replace(matching, "CREATE", "DELETE", 1) + `
  mutations: [{patchType: JSONPatch}, {}, {patchType: JSONPatch, jsonPatch: {expression: "1"}}, {patchType: ApplyConfiguration, applyConfiguration: {}, jsonPatch: {}}]
`, want: []string{
			`spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"`,
			"spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
			"spec.mutations[1].patchType: Required value",
			`spec.mutations[2].jsonPatch.expression: Invalid value: "1": must evaluate to list(JSONPatch) but got int`,
			"spec.mutations[3].applyConfiguration.expression: Required value",
			`spec.mutations[3].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration`,
			"spec.reinvocationPolicy: Required value",
		}},
	})
}
