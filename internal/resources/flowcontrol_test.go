package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"
)

func TestMandatoryFlowControlIsValid(t *testing.T) {
	for _, f := range bootstrap.MandatoryFlowSchemas {
		require.Empty(t, messagesOf(flowSchema().Validate(f)), f.Name)
	}
	for _, f := range bootstrap.SuggestedFlowSchemas {
		require.Empty(t, messagesOf(flowSchema().Validate(f)), f.Name)
	}
	for _, p := range bootstrap.MandatoryPriorityLevelConfigurations {
		p = p.DeepCopy()
		priorityLevelConfiguration().Storage().Default(p)
		require.Empty(t, messagesOf(priorityLevelConfiguration().Validate(p)), p.Name)
	}
}

func TestFlowSchemaValidation(t *testing.T) {
	runValidation(t, flowSchema(), []validationCase{
		{name: "nothing", manifest: `{}`, want: []string{
			"spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
		}},
		{name: "rules", manifest: `
spec:
  matchingPrecedence: 1
  distinguisherMethod: {type: ByAge}
  priorityLevelConfiguration: {name: low}
  rules:
  - {}
  - subjects: [{kind: User, group: {name: g}}, {kind: Robot}]
    resourceRules: [{verbs: ["*", get], apiGroups: [""], resources: [pods]}]
    nonResourceRules: [{verbs: [head], nonResourceURLs: [healthz, /a*]}]
`, want: []string{
			"spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
			`spec.distinguisherMethod.type: Unsupported value: {"Type":"ByAge"}: supported values: "ByNamespace", "ByUser"`,
			"spec.rules[0].subjects: Required value: subjects must contain at least one value",
			"spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
			"spec.rules[1].subjects[0].user: Required value: user is required when subject kind is 'User'",
			"spec.rules[1].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
			`spec.rules[1].subjects[1].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`,
			`spec.rules[1].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
			"spec.rules[1].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
			`spec.rules[1].nonResourceRules[0].verbs: Unsupported value: ["head"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
			`spec.rules[1].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash`,
			`spec.rules[1].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching`,
		}},
	})
	require.Equal(t, []any{"x", "low", int64(1000), "<none>", "2m", "?"}, cellsOf(t, flowSchema(), createdAtEpoch+`spec: {priorityLevelConfiguration: {name: low}}`))
}

func TestPriorityLevelConfigurationValidation(t *testing.T) {
	runValidation(t, priorityLevelConfiguration(), []validationCase{
		{name: "defaults", manifest: `spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {}}}}`},
		{name: "limits", manifest: `spec: {type: Limited, limited: {nominalConcurrencyShares: -1, lendablePercent: 101, limitResponse: {type: Queue, queuing: {queues: 4, handSize: 8}}}}`, want: []string{
			"spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
			"spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)",
			"spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
		}},
		{name: "exempt", manifest: `spec: {type: Exempt}`, want: []string{
			"spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
		}},
		{name: "no type", manifest: `spec: {exempt: {}, limited: {}}`, want: []string{
			"spec.exempt: Forbidden", "spec.limited: Forbidden", "spec.type: Required value",
		}},
		{name: "of the other type", manifest: `spec: {type: Limited, exempt: {}, limited: {limitResponse: {type: Reject, queuing: {}}}}`, want: []string{
			"spec.exempt: Forbidden", "spec.limited.limitResponse.queuing: Forbidden",
		}},
		{name: "of no type", manifest: `spec: {type: Limited, limited: {limitResponse: {type: Wait, queuing: {}}}}`, want: []string{
			"spec.limited.limitResponse.queuing: Forbidden",
			`spec.limited.limitResponse.type: Unsupported value: "Wait": supported values: "Queue", "Reject"`,
		}},
		{name: "without what its type names", manifest: `spec: {type: Limited}`, want: []string{"spec.limited: Required value"}},
		{name: "without queues", manifest: `spec: {type: Limited, limited: {limitResponse: {type: Queue}}}`, want: []string{
			"spec.limited.limitResponse.queuing: Required value",
		}},
	})
	require.Equal(t, []any{"x", "Limited", int64(30), int64(64), int64(8), int64(50), "2m"}, cellsOf(t, priorityLevelConfiguration(), createdAtEpoch+
		`spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {}}}}`))
}
