package definition

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// brokenDefinition is a change of an example: of anything in it, or of its
// only schema.
type brokenDefinition struct {
	Name   string
	Of     string
	Change map[string]any
	Schema map[string]any
}

func (b brokenDefinition) content(t *testing.T) map[string]any {
	t.Helper()
	content := merge(example(t, b.Of), b.Change).(map[string]any)
	if b.Schema != nil {
		version := map[string]any{"name": "v1", "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": b.Schema}}
		content["spec"].(map[string]any)["versions"] = []any{version}
	}
	return content
}

// merge applies a JSON merge patch.
func merge(value, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged, ok := value.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for key, change := range changes {
		if change == nil {
			delete(merged, key)
			continue
		}
		merged[key] = merge(merged[key], change)
	}
	return merged
}

func TestBrokenDefinitions(t *testing.T) {
	text, err := os.ReadFile("testdata/broken.yaml")
	require.NoError(t, err)
	var table []brokenDefinition
	require.NoError(t, yaml.UnmarshalStrict(text, &table))
	for _, broken := range table {
		t.Run(broken.Name, func(t *testing.T) {
			original, _ := read(t, example(t, broken.Of))
			original.Status.Conditions = append(original.Status.Conditions, established)
			d, ok := read(t, broken.content(t))
			require.True(t, ok, "the change can't be decoded")

			found := len(requireSame(t, d, nil)) + len(requireSame(t, d, original))
			require.NotZero(t, found, "neither refuses it")
			// A definition may stay as it is, whatever is wrong with it.
			requireSame(t, d, d)
			d.Status.Conditions = append(d.Status.Conditions, established)
			requireSame(t, d, d)
			requireSame(t, original, d)
		})
	}
}
