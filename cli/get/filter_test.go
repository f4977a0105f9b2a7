package get

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/resource"
)

func TestSplitFieldSelector(t *testing.T) {
	running := fieldSet{field: "status.phase", values: []string{"Running", "Pending"}}
	elsewhere := fieldSet{field: "spec.nodeName", not: true, values: []string{"node-1"}}
	for _, tt := range []struct {
		selector, server string
		sets             []fieldSet
	}{
		{"", "", nil},
		{"status.phase=Running,spec.nodeName!=a", "status.phase=Running,spec.nodeName!=a", nil},
		{"status.phase in (Running,Pending)", "", []fieldSet{running}},
		{"metadata.name=a, status.phase in (Running, Pending)", "metadata.name=a", []fieldSet{running}},
		{"status.phase in (Running,Pending),spec.nodeName notin (node-1),metadata.name=a", "metadata.name=a", []fieldSet{running, elsewhere}},
	} {
		server, sets := splitFieldSelector(tt.selector)
		require.Equal(t, tt.server, server, tt.selector)
		require.Equal(t, tt.sets, sets, tt.selector)
	}
}

func TestKeep(t *testing.T) {
	pod := func(phase string) map[string]any {
		return map[string]any{"kind": "Pod", "status": map[string]any{"phase": phase}}
	}
	row := func(phase string) any { return map[string]any{"object": pod(phase)} }
	set := fieldSet{field: "status.phase", values: []string{"Running"}}
	table := &unstructured.Unstructured{Object: map[string]any{"kind": "Table", "rows": []any{row("Running"), row("Failed")}}}
	require.True(t, keep(table, set.holds))
	require.Equal(t, []any{row("Running")}, table.Object["rows"])
	require.False(t, keep(&unstructured.Unstructured{Object: pod("Failed")}, set.holds))
	set.not = true
	require.False(t, keep(table, set.holds))
}

func TestDecodeSecrets(t *testing.T) {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"kind": "Secret", "apiVersion": "v1",
		"data": map[string]any{"text": "aGVsbG8=", "binary": "/w=="},
	}}
	decodeSecrets([]*resource.Info{{Object: secret}})
	require.Equal(t, map[string]any{
		"kind": "Secret", "apiVersion": "v1",
		"data":       map[string]any{"binary": "/w=="},
		"stringData": map[string]any{"text": "hello"},
	}, secret.Object)
}
