package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStorageClassValidation(t *testing.T) {
	const valid = `provisioner: csi.example.com`
	runValidation(t, storageClass(), []validationCase{
		{name: "defaults", manifest: valid},
		{name: "no provisioner", manifest: `{reclaimPolicy: Recycle, volumeBindingMode: Never}`, want: []string{
			"provisioner: Required value",
			`reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"`,
			`volumeBindingMode: Unsupported value: "Never": supported values: "Immediate", "WaitForFirstConsumer"`,
		}},
		{name: "the same topology twice", manifest: valid + `
allowedTopologies:
- matchLabelExpressions: [{key: zone, values: [a, b]}]
- matchLabelExpressions: [{key: zone, values: [b, a]}]
`, want: []string{`allowedTopologies[1].matchLabelExpressions: Duplicate value: ""`}},
		{name: "a topology of nothing", manifest: valid + `
allowedTopologies: [{}]
`, want: []string{`allowedTopologies[0].matchLabelExpressions: Duplicate value: ""`}},
		{name: "what may not change", old: valid, manifest: `{provisioner: other, reclaimPolicy: Retain, volumeBindingMode: WaitForFirstConsumer, parameters: {a: b}}`, want: []string{
			"provisioner: Invalid value: null: field is immutable",
			"parameters: Invalid value: null: field is immutable",
			"reclaimPolicy: Invalid value: null: field is immutable",
			"volumeBindingMode: Invalid value: null: field is immutable",
		}},
	})
}

func TestStorageClassRow(t *testing.T) {
	require.Equal(t, []any{"x (default)", "p", "Delete", "Immediate", false, "2m"}, cellsOf(t, storageClass(), `
metadata:
  name: x
  creationTimestamp: "1970-01-01T00:00:00Z"
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: p
`))
}
