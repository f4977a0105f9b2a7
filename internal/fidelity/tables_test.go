package fidelity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inTable asks for the answer as a table, without the objects in it.
var inTable = dryRun + "&includeObject=None"

// TestTables compares the cells of objects in many states: those of
// testdata/objects, whose specs have been changed in one place each, and those
// with a status of testdata/tables, likewise. Documents there begin with the
// path that they are sent to.
func TestTables(t *testing.T) {
	s := startServers(t, "tables/", "AlwaysAllow")
	s.surroundings(t)
	schemas := s.awaitSchemas(t)
	objects := readAll(t, "testdata/objects/*.yaml")
	statuses := append(readAll(t, "testdata/tables/*.yaml"), readAll(t, "testdata/pods/status.yaml")...)
	for _, o := range objects {
		t.Run("objects"+o.Path(), func(t *testing.T) {
			s.compareTables(t, http.MethodPost, o.Collection, o.Content, schemas)
		})
	}
	for _, status := range statuses {
		path := status.Collection[:strings.LastIndexByte(status.Collection, '/')]
		i := slices.IndexFunc(objects, func(o Object) bool { return o.Path() == path })
		require.GreaterOrEqual(t, i, 0, "there is no object %s", path)
		t.Run("statuses"+status.Collection, func(t *testing.T) {
			s.create(t, objects[i])
			defer s.remove(t, objects[i])
			s.await(t, path)
			s.compareTables(t, http.MethodPut, status.Collection, status.Content, schemas)
		})
	}
}

// compareTables sends an object and its mutations, but for those of its metadata
// and those that are refused, and compares their rows.
func (s servers) compareTables(t *testing.T, method, path string, content map[string]any, schemas Schemas) {
	schema := schemas.Kind(content["apiVersion"].(string), content["kind"].(string))
	require.NotNil(t, schema, path)
	request := func(_ Server, body []byte) Request {
		return Request{Method: method, Path: path + inTable, Header: []string{"Accept: " + table}, Body: body}
	}
	mutations := append([]Mutation{{Name: "as it is", Object: content}}, Mutations(content, schema)...)
	mutations = slices.DeleteFunc(mutations, func(m Mutation) bool {
		if strings.HasPrefix(m.Name, "metadata") {
			return true
		}
		body, err := json.Marshal(m.Object)
		require.NoError(t, err)
		return s.reference.Do(t.Context(), request(s.reference, body)).Code >= http.StatusBadRequest
	})
	s.compare(t, fmt.Sprintf("tables/%s %s: ", method, path), mutations, request)
}

// readAll reads the objects of all files that match a pattern.
func readAll(t *testing.T, pattern string) (objects []Object) {
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		read, err := ReadObjects(file)
		require.NoError(t, err)
		objects = append(objects, read...)
	}
	return objects
}
