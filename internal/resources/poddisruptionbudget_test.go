package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	policyv1 "k8s.io/api/policy/v1"
)

func TestPodDisruptionBudgetValidation(t *testing.T) {
	runValidation(t, podDisruptionBudget(), []validationCase{
		{name: "a percentage", manifest: `spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}`},
		{name: "both", manifest: `spec: {minAvailable: 1, maxUnavailable: 1}`, want: []string{
			`spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
		}},
		{name: "out of range", manifest: `spec: {minAvailable: 101%, unhealthyPodEvictionPolicy: Never}`, want: []string{
			`spec.minAvailable: Invalid value: "101%": must not be greater than 100%`,
			`spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"`,
		}},
		{name: "negative", manifest: `spec: {maxUnavailable: -1}`, want: []string{
			`spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0`,
		}},
		{name: "no percentage", manifest: `spec: {maxUnavailable: many}`, want: []string{
			`spec.maxUnavailable: Invalid value: "many": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
		}},
	})
}

func TestPodDisruptionBudgetGeneration(t *testing.T) {
	kind := podDisruptionBudget()
	old := fromManifest(t, kind, `{spec: {minAvailable: 1}, status: {expectedPods: 3}}`).(*policyv1.PodDisruptionBudget)
	kind.PrepareForCreate(old)
	require.EqualValues(t, 1, old.Generation)
	require.Zero(t, old.Status)

	changed := old.DeepCopy()
	changed.Labels = map[string]string{"a": "b"}
	kind.PrepareForUpdate(changed, old)
	require.EqualValues(t, 1, changed.Generation, "labels are not the spec")

	changed.Spec.MinAvailable.IntVal = 2
	kind.PrepareForUpdate(changed, old)
	require.EqualValues(t, 2, changed.Generation)
}

func TestPodDisruptionBudgetRow(t *testing.T) {
	require.Equal(t, []any{"x", "50%", "N/A", int64(2), "2m"}, cellsOf(t, podDisruptionBudget(), createdAtEpoch+`
spec: {minAvailable: 50%}
status: {disruptionsAllowed: 2}
`))
}
