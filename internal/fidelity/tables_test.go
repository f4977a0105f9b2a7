package fidelity

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTables compares the cells of objects whose statuses, those of
// testdata/statuses and of pods in testdata/pods, have been changed in one place
// each. Those that are refused have no cells.
func TestTables(t *testing.T) {
	s := startServers(t, "tables/", "AlwaysAllow")
	s.surroundings(t)
	statuses := readStatuses(t)
	pods, err := ReadObjects("testdata/pods/status.yaml")
	require.NoError(t, err)
	for _, pod := range pods {
		statuses[strings.TrimSuffix(pod.Collection, "/status")] = pod.Content["status"].(map[string]any)
	}
	s.eachStatus(t, statuses, func(t *testing.T, file string, o Object, schema *Schema) {
		put := s.puts(t, o, "/status")
		inTable := func(to Server, body []byte) Request {
			r := put(to, body)
			r.Path += "&includeObject=None"
			r.Header = append(r.Header, "Accept: "+table)
			return r
		}
		s.compare(t, "tables/"+file+": ", s.accepted(t, StatusMutations(o.at(current), schema), inTable), inTable)
	})
}

// accepted are the mutations that the reference takes, but for those of metadata,
// which no cell shows.
func (s servers) accepted(t *testing.T, mutations []Mutation, request func(Server, []byte) Request) []Mutation {
	return slices.DeleteFunc(mutations, func(m Mutation) bool {
		if strings.HasPrefix(m.Name, "metadata") {
			return true
		}
		answer := s.reference.Do(t.Context(), request(s.reference, m.body()))
		return answer.Code != http.StatusOK
	})
}
