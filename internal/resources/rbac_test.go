package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoleValidation(t *testing.T) {
	runValidation(t, role(), []validationCase{
		{name: "a rule for a resource", manifest: `rules: [{verbs: [get], apiGroups: [""], resources: [pods]}]`},
		{name: "an empty rule", manifest: `rules: [{}]`, want: []string{
			"rules[0].apiGroups: Required value: resource rules must supply at least one api group",
			"rules[0].resources: Required value: resource rules must supply at least one resource",
			"rules[0].verbs: Required value",
		}},
		{name: "paths in a namespace", manifest: `rules: [{verbs: [get], nonResourceURLs: [/healthz]}]`, want: []string{
			`rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs`,
		}},
	})
}

func TestClusterRoleValidation(t *testing.T) {
	runValidation(t, clusterRole(), []validationCase{
		{name: "paths", manifest: `rules: [{verbs: [get], nonResourceURLs: [/healthz]}]`},
		{name: "paths and resources", manifest: `rules: [{verbs: [get], nonResourceURLs: [/a], resources: [pods]}]`, want: []string{
			`rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs`,
		}},
		{name: "aggregation of nothing", manifest: `aggregationRule: {}`, want: []string{
			"aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
		}},
	})
	require.Empty(t, clusterRole().ValidateName("system:node", false))
	require.Equal(t, []string{`may not contain '/'`}, clusterRole().ValidateName("a/b", false))
}

func TestRoleBindingValidation(t *testing.T) {
	const valid = `{roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: jane}]}`
	runValidation(t, roleBinding(), []validationCase{
		{name: "groups are filled in", manifest: valid},
		{name: "nothing", manifest: `{}`, want: []string{
			`roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"`,
			`roleRef.name: Required value`,
		}},
		{name: "subjects", manifest: `{roleRef: {kind: Role, name: r}, subjects: [{kind: Robot, name: x}, {kind: ServiceAccount, name: A}, {kind: User}]}`, want: []string{
			`subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"`,
			`subjects[1].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
			`subjects[2].name: Required value`,
		}},
		{name: "another role", old: valid, manifest: `{roleRef: {kind: Role, name: s}, subjects: [{kind: User, name: jane}]}`, want: []string{
			`roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"s"}: field is immutable`,
		}},
	})
	runValidation(t, clusterRoleBinding(), []validationCase{
		{name: "a role, and no namespace", manifest: `{roleRef: {kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: a}]}`, want: []string{
			`roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"`,
			`subjects[0].namespace: Required value`,
		}},
	})
}

func TestRoleBindingRow(t *testing.T) {
	require.Equal(t, []any{"x", "ClusterRole/view", "2m", "jane, joe", "devs", "ns/robot"}, cellsOf(t, roleBinding(), createdAtEpoch+`
roleRef: {kind: ClusterRole, name: view}
subjects:
- {kind: User, name: jane}
- {kind: Group, name: devs}
- {kind: User, name: joe}
- {kind: ServiceAccount, name: robot, namespace: ns}
`))
}
