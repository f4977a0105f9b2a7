package fidelity

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOpenAPI compares the documents that describe the API, path by path and
// definition by definition, with custom resources of testdata/openapi.yaml.
func TestOpenAPI(t *testing.T) {
	s := startServers(t, "openapi/", "AlwaysAllow")
	definitions, err := ReadObjects("testdata/openapi.yaml")
	require.NoError(t, err)
	for _, definition := range definitions {
		s.create(t, definition)
	}
	s.awaitDescription(t, "/apis/stable.example.com/")
	reference, ours := documents(t, s.reference), documents(t, s.ours)
	for _, name := range union(reference, ours) {
		t.Run(name, func(t *testing.T) {
			theirs, own := reference[name], ours[name]
			parts := union(theirs, own)
			differences := make([]string, len(parts))
			for i, part := range parts {
				if theirs[part] != own[part] {
					differences[i] = Diff(theirs[part], own[part])
				}
			}
			s.report(t, differences, func(i int) string { return "openapi/" + name + ": " + parts[i] })
		})
	}
}

// awaitDescription returns once the reference describes paths below one: it
// gathers the documents of its parts when it finds the time.
func (s servers) awaitDescription(t *testing.T, path string) {
	described := func() bool {
		for _, document := range []string{"/openapi/v2", "/openapi/v3"} {
			answer := s.reference.Do(t.Context(), Request{Method: http.MethodGet, Path: document})
			if !strings.Contains(string(answer.Body), strings.Trim(path, "/")) {
				return false
			}
		}
		return true
	}
	require.Eventually(t, described, patience, quiet, "%s is not described", path)
}

// documents are those of a server, in parts: "v2", and "v3/" with the names that
// the index has.
func documents(t *testing.T, server Server) map[string]map[string]string {
	found := map[string]map[string]string{"v2": partsOf(t, server, "/openapi/v2")}
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	require.NoError(t, json.Unmarshal(describe(t, server, "/openapi/v3"), &index))
	for name, document := range index.Paths {
		found["v3/"+name] = partsOf(t, server, document.ServerRelativeURL)
	}
	return found
}

func describe(t *testing.T, server Server, path string) []byte {
	answer := server.Do(t.Context(), Request{Method: http.MethodGet, Path: path})
	require.Equal(t, http.StatusOK, answer.Code, "%s: %s", path, answer.Body)
	return answer.Body
}

// partsOf are the paths of a document, its definitions and whatever else it has,
// as JSON for people.
func partsOf(t *testing.T, server Server, path string) map[string]string {
	var document map[string]any
	require.NoError(t, json.Unmarshal(describe(t, server, path), &document))
	found := map[string]string{}
	var cut func(prefix string, of map[string]any)
	cut = func(prefix string, of map[string]any) {
		for name, part := range of {
			switch name {
			case "paths", "components", "definitions", "schemas", "parameters":
				if inner, ok := part.(map[string]any); ok {
					cut(name+" ", inner)
					continue
				}
			}
			text, err := json.MarshalIndent(part, "", " ")
			require.NoError(t, err)
			found[prefix+name] = string(text) + "\n"
		}
	}
	cut("", document)
	return found
}

// union are the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	return slices.Sorted(maps.Keys(keys))
}
