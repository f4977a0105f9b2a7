package fidelity

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPodSubresources compares what the servers say of broken and unusual writes
// to the parts of pods that have paths of their own. The pods are those of
// testdata/objects; documents in testdata/pods begin with the path that they are
// sent to.
func TestPodSubresources(t *testing.T) {
	s := startServers(t, "pods/", "AlwaysAllow")
	s.surroundings(t)
	schemas, err := ReadSchemas(t.Context(), s.reference)
	require.NoError(t, err)
	pods, err := ReadObjects("testdata/objects/pods.yaml")
	require.NoError(t, err)
	for _, pod := range pods {
		s.create(t, pod)
	}
	for _, pod := range pods {
		s.await(t, pod.Path())
	}
	for _, file := range readObjectFiles(t, "testdata/pods") {
		for _, part := range file.Objects {
			schema := schemas.Kind(part.Content["apiVersion"].(string), part.Content["kind"].(string))
			t.Run(file.Name+part.Collection, func(t *testing.T) {
				s.comparePart(t, "pods/"+file.Name+": ", part, schema)
			})
		}
	}
}

// comparePart replaces a part that is shown as a pod, and creates others.
func (s servers) comparePart(t *testing.T, step string, part Object, schema *Schema) {
	method := http.MethodPost
	if part.Content["kind"] == "Pod" {
		method = http.MethodPut
	}
	s.compare(t, step, Mutations(part.Content, schema), func(_ Server, body []byte) Request {
		return Request{Method: method, Path: part.Collection + dryRun, Body: body}
	})
}
