package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeaseValidation(t *testing.T) {
	runValidation(t, lease(), []validationCase{
		{name: "empty", manifest: `{}`},
		{name: "numbers", manifest: `spec: {leaseDurationSeconds: 0, leaseTransitions: -1}`, want: []string{
			"spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
			"spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
		}},
	})
}

func TestLeaseRow(t *testing.T) {
	require.Equal(t, []any{"x", "node-1", "2m"}, cellsOf(t, lease(), createdAtEpoch+`spec: {holderIdentity: node-1}`))
}
