package fidelity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMutations compares what the servers say of broken and unusual objects of
// every kind, when they are created and when they replace others.
func TestMutations(t *testing.T) {
	s := startServers(t, "objects/", "AlwaysAllow")
	s.surroundings(t)
	schemas := s.awaitSchemas(t)
	files, err := filepath.Glob("testdata/objects/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		objects, err := ReadObjects(file)
		require.NoError(t, err)
		for _, o := range objects {
			schema := schemas.Kind(o.Content["apiVersion"].(string), o.Content["kind"].(string))
			require.NotNil(t, schema, "%s: %s", file, o.Path())
			t.Run(name+o.Path(), func(t *testing.T) {
				t.Run("create", func(t *testing.T) { s.compareCreates(t, "objects/"+name+" create: ", o, schema) })
				t.Run("update", func(t *testing.T) { s.compareUpdates(t, "objects/"+name+" update: ", o, schema) })
			})
		}
	}
}

const dryRun = "?dryRun=All&fieldValidation=Strict"

func (s servers) compareCreates(t *testing.T, step string, o Object, schema *Schema) {
	s.compare(t, step, Mutation{Name: "as it is", Object: o.Content}, func(body []byte) Request {
		return Request{Method: http.MethodPost, Path: o.Collection + dryRun, Body: body}
	}, Mutations(o.Content, schema))
}

func (s servers) compareUpdates(t *testing.T, step string, o Object, schema *Schema) {
	s.create(t, o)
	defer s.remove(t, o)
	s.await(t, o.Path())
	s.compare(t, step, Mutation{Name: "as it is", Object: o.Content}, func(body []byte) Request {
		return Request{Method: http.MethodPut, Path: o.Path() + dryRun, Body: body}
	}, Mutations(o.Content, schema))
}

// compare sends mutations to both servers, a few at a time, and tells of those
// that are answered differently, in order, but for known differences.
func (s servers) compare(t *testing.T, step string, whole Mutation, request func(body []byte) Request, mutations []Mutation) {
	mutations = append([]Mutation{whole}, mutations...)
	differences := make([]string, len(mutations))
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(mutations); i += workers {
				body, err := json.Marshal(mutations[i].Object)
				if err != nil {
					panic(err)
				}
				differences[i] = s.difference(t, request(body))
			}
		})
	}
	group.Wait()
	found, allowed := 0, 0
	for i, d := range differences {
		entry := s.known.Note(step+mutations[i].Name, d != "")
		switch {
		case d == "":
		case entry != nil:
			allowed++
		default:
			if found++; found <= shown {
				t.Errorf("%s\n%s", mutations[i].Name, d)
			}
		}
	}
	t.Logf("%d requests, %d answered differently, %d differ as known", len(mutations), found, allowed)
}

const (
	// workers is how many requests are under way at a time.
	workers = 4
	// shown is how many differences of one kind are shown.
	shown = 100
)

// difference is what differs in the answers to a request; empty: nothing.
func (s servers) difference(t *testing.T, r Request) string {
	theirs := s.reference.Do(t.Context(), r).Normal()
	ours := s.ours.Do(t.Context(), r).Normal()
	if theirs == ours {
		return ""
	}
	return fmt.Sprintf("%s %s\n%s", r.Method, r.Path, Diff(Readable(theirs), Readable(ours)))
}

// awaitSchemas returns once the reference has published the kinds that are
// defined for the test.
func (s servers) awaitSchemas(t *testing.T) Schemas {
	for deadline := time.Now().Add(patience); ; time.Sleep(quiet / 10) {
		schemas, err := ReadSchemas(t.Context(), s.reference)
		require.NoError(t, err)
		if schemas.Kind("example.com/v1", "Widget") != nil && schemas.Kind("example.com/v1beta1", "Widget") != nil {
			return schemas
		}
		require.Less(t, time.Now(), deadline, "the schemas of custom resources do not come")
	}
}
