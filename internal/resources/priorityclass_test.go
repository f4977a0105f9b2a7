package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPriorityClassValidation(t *testing.T) {
	runValidation(t, priorityClass(), []validationCase{
		{name: "of users", manifest: `value: 1000`},
		{name: "of the system", manifest: `{metadata: {name: system-node-critical}, value: 2000001000}`},
		{name: "too high", manifest: `value: 1000000001`, want: []string{
			"value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
		}},
		{name: "a reserved name", manifest: `{metadata: {name: system-mine}, value: 1, preemptionPolicy: Maybe}`, want: []string{
			"metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
			`preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"`,
		}},
		{name: "another value", old: `value: 1`, manifest: `{value: 2, preemptionPolicy: Never}`, want: []string{
			"value: Forbidden: may not be changed in an update.",
			`preemptionPolicy: Invalid value: "Never": field is immutable`,
		}},
	})
}

func TestPriorityClassRow(t *testing.T) {
	require.Equal(t, []any{"x", int64(5), false, "2m", "PreemptLowerPriority"}, cellsOf(t, priorityClass(), createdAtEpoch+`value: 5`))
}
