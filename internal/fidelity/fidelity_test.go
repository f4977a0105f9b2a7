package fidelity

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/known"
	"github.com/kubejig/kubejig/testkit"
)

// servers are the reference and ours, both without nodes, and with the namespace
// that the objects are in.
type servers struct {
	reference, ours Server
	// known are the differences that are known of the test's steps.
	known known.Differences
}

// startServers starts both for a test whose steps' names begin with prefix.
func startServers(t *testing.T, prefix string) servers {
	differences, err := known.Read("known_differences.txt", prefix)
	require.NoError(t, err)
	ours, err := Ours(testkit.NewCluster(t, fakecluster.WithNodes(0)))
	require.NoError(t, err)
	binary := testkit.RequireBinary(t, "../../bin/reference/kube-apiserver")
	reference, err := StartReference(t.Context(), filepath.Dir(binary), t.TempDir(), "AlwaysAllow", true)
	require.NoError(t, err)
	t.Cleanup(reference.Close)
	s := servers{reference: reference.Server(), ours: ours, known: differences}
	t.Cleanup(func() {
		for _, pattern := range differences.Obsolete(flag.Lookup("test.run").Value.String() == "") {
			t.Errorf("known_differences.txt: nothing that matches %q differs any more", pattern)
		}
	})
	s.create(t, Object{Collection: "/api/v1/namespaces", Content: map[string]any{"metadata": map[string]any{"name": "fidelity"}}})
	s.await(t, "/api/v1/namespaces/fidelity/serviceaccounts/default")
	return s
}

// create makes an object on both servers.
func (s servers) create(t *testing.T, o Object) {
	body, err := json.Marshal(o.Content)
	require.NoError(t, err)
	for _, server := range []Server{s.reference, s.ours} {
		answer := server.Do(t.Context(), Request{Method: http.MethodPost, Path: o.Collection, Body: body})
		require.Equal(t, http.StatusCreated, answer.Code, "%s", answer.Body)
	}
}

// remove deletes an object from both.
func (s servers) remove(t *testing.T, o Object) {
	for _, server := range []Server{s.reference, s.ours} {
		answer := server.Do(t.Context(), Request{Method: http.MethodDelete, Path: o.Path() + "?gracePeriodSeconds=0"})
		require.Less(t, answer.Code, 300, "%s", answer.Body)
	}
}

// await returns once an object is there and the reference's controllers have
// left it alone for a while.
func (s servers) await(t *testing.T, path string) {
	last, since := "", time.Now()
	for deadline := time.Now().Add(patience); time.Since(since) < quiet; time.Sleep(quiet / 10) {
		require.Less(t, time.Now(), deadline, "%s does not come to rest", path)
		answer := s.reference.Do(t.Context(), Request{Method: http.MethodGet, Path: path})
		if text := string(answer.Body); answer.Code != http.StatusOK || text != last {
			last, since = text, time.Now()
		}
	}
}

// TestMutations compares what the servers say of broken and unusual objects of
// every kind, when they are created and when they replace others.
func TestMutations(t *testing.T) {
	s := startServers(t, "objects/")
	schemas, err := ReadSchemas(t.Context(), s.reference)
	require.NoError(t, err)
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
	// quiet is how long nothing must change for an object to be at rest.
	quiet = 300 * time.Millisecond
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
