package apiserver_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Every cause of a refusal is named once, and warnings come with refusals too.
func TestRefusalsAndWarnings(t *testing.T) {
	const (
		pods      = "/api/v1/namespaces/default/pods"
		newEvents = "/apis/events.k8s.io/v1/namespaces/default/events"
		oldEvents = "/api/v1/namespaces/default/events"
		spec      = `"spec":{"containers":[{"name":"c","image":"nginx"}]}`
		regarding = `"namespace":"default","kind":"Pod","name":"p"`
	)
	tests := []struct {
		name, path, body string
		code             int
		causes           []string
		warnings         []string
	}{
		{name: "an invalid label", path: pods, code: 422,
			body:   `{"metadata":{"name":"p","labels":{"a b":"c"}},` + spec + `}`,
			causes: []string{"metadata.labels"}},
		{name: "a finalizer without a domain", path: pods, code: 422,
			body:   `{"metadata":{"name":"p","finalizers":["mine"]},` + spec + `}`,
			causes: []string{"metadata.finalizers[0]"}},
		{name: "one of another built-in kind", path: "/api/v1/namespaces/default/configmaps", code: 422,
			body:   `{"metadata":{"name":"p","finalizers":["mine"]}}`,
			causes: []string{"metadata.finalizers[0]"}},
		{name: "an annotation that a field has replaced", path: pods, code: 201,
			body:     `{"metadata":{"name":"p","annotations":{"container.apparmor.security.beta.kubernetes.io/c":"unconfined"}},` + spec + `}`,
			warnings: []string{`299 - "metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the \"appArmorProfile\" field instead"`}},
		{name: "a warning and a refusal", path: pods, code: 422,
			body:     `{"metadata":{"name":"p","finalizers":["mine"],"annotations":{"container.apparmor.security.beta.kubernetes.io/c":"unconfined"}},` + spec + `}`,
			causes:   []string{"metadata.finalizers[0]"},
			warnings: []string{`299 - "metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the \"appArmorProfile\" field instead"`}},
		{name: "an event of the old form", path: oldEvents, code: 201,
			body: `{"metadata":{"name":"e"},"involvedObject":{` + regarding + `}}`},
		{name: "the same in the new group", path: newEvents, code: 422,
			body:   `{"metadata":{"name":"e"},"regarding":{` + regarding + `}}`,
			causes: []string{"eventTime", "type"}},
		{name: "counts in the new group", path: newEvents, code: 422,
			body: `{"metadata":{"name":"e"},"regarding":{` + regarding + `},"eventTime":"2026-01-01T00:00:00.000000Z","type":"Normal",` +
				`"reportingController":"a.b/c","reportingInstance":"i","action":"A","reason":"R","deprecatedCount":2}`,
			causes: []string{"count"}},
		{name: "an event of the new form", path: newEvents, code: 201,
			body: `{"metadata":{"name":"e"},"regarding":{` + regarding + `},"eventTime":"2026-01-01T00:00:00.000000Z","type":"Normal",` +
				`"reportingController":"a.b/c","reportingInstance":"i","action":"A","reason":"R"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, body, header := newCluster(t).ask("POST", tt.path, tt.body)
			require.Equal(t, tt.code, code, body)
			if code >= 400 {
				require.Equal(t, tt.causes, causesOf(t, body), body)
			}
			require.Equal(t, tt.warnings, header.Values("Warning"))
		})
	}
}

// causesOf are the fields that a refusal names.
func causesOf(t *testing.T, body string) []string {
	t.Helper()
	var status metav1.Status
	require.NoError(t, json.Unmarshal([]byte(body), &status))
	var causes []string
	for _, cause := range status.Details.Causes {
		causes = append(causes, cause.Field)
	}
	return causes
}
