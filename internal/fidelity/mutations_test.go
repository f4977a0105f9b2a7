package fidelity

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
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
	s.eachObject(t, func(t *testing.T, file string, o Object, schema *Schema) {
		t.Run("create", func(t *testing.T) { s.compareCreates(t, "objects/"+file+" create: ", o, schema) })
		t.Run("update", func(t *testing.T) { s.compareUpdates(t, "objects/"+file+" update: ", o, schema) })
	})
}

// TestStatuses does so when statuses are written through paths of their own.
// Documents in testdata/statuses begin with the path of one of testdata/objects
// and are a status of it, as full as it can be.
func TestStatuses(t *testing.T) {
	s := startServers(t, "statuses/", "AlwaysAllow")
	s.surroundings(t)
	s.eachStatus(t, readStatuses(t), func(t *testing.T, file string, o Object, schema *Schema) {
		s.compare(t, "statuses/"+file+": ", StatusMutations(o.at(current), schema), s.puts(t, o, "/status"))
	})
}

// eachObject calls test with each of testdata/objects, the file that it is in
// and the reference's schema of it.
func (s servers) eachObject(t *testing.T, test func(t *testing.T, file string, o Object, schema *Schema)) {
	schemas := s.awaitSchemas(t)
	for _, file := range readObjectFiles(t, "testdata/objects") {
		for _, o := range file.Objects {
			schema := schemas.Kind(o.Content["apiVersion"].(string), o.Content["kind"].(string))
			require.NotNil(t, schema, "%s: %s", file.Name, o.Path())
			t.Run(file.Name+o.Path(), func(t *testing.T) { test(t, file.Name, o, schema) })
		}
	}
}

// eachStatus calls test with each of testdata/objects that one of the statuses,
// by its path, is of. The object is stored meanwhile, and has the status.
func (s servers) eachStatus(t *testing.T, statuses map[string]map[string]any, test func(t *testing.T, file string, o Object, schema *Schema)) {
	missing := maps.Clone(statuses)
	for _, file := range readObjectFiles(t, "testdata/objects") {
		for _, o := range file.Objects {
			delete(missing, o.Path())
		}
	}
	require.Empty(t, missing, "statuses of no object")
	s.eachObject(t, func(t *testing.T, file string, o Object, schema *Schema) {
		status, given := statuses[o.Path()]
		if !given {
			return
		}
		s.store(t, o)
		defer s.remove(t, o)
		o.Content["status"] = status
		test(t, file, o, schema)
	})
}

// readStatuses are those of testdata/statuses, by the path of their object.
func readStatuses(t *testing.T) map[string]map[string]any {
	statuses := map[string]map[string]any{}
	for _, file := range readObjectFiles(t, "testdata/statuses") {
		for _, document := range file.Objects {
			statuses[document.Collection] = document.Content
		}
	}
	return statuses
}

func readObjectFiles(t *testing.T, folder string) []ObjectFile {
	files, err := ReadObjectFiles(folder)
	require.NoError(t, err)
	return files
}

const dryRun = "?dryRun=All&fieldValidation=Strict"

func (s servers) compareCreates(t *testing.T, step string, o Object, schema *Schema) {
	s.compare(t, step, Mutations(o.Content, schema), func(_ Server, body []byte) Request {
		return Request{Method: http.MethodPost, Path: o.Collection + dryRun, Body: body}
	})
}

func (s servers) compareUpdates(t *testing.T, step string, o Object, schema *Schema) {
	s.store(t, o)
	defer s.remove(t, o)
	s.compare(t, step, Mutations(o.at(current), schema), s.puts(t, o, ""))
}

// store makes an object and waits until nothing changes it any more: until the
// reference's controllers have made of it what ours have, which may take them
// long, or seem not to.
func (s servers) store(t *testing.T, o Object) {
	s.create(t, o)
	get := Request{Method: http.MethodGet, Path: o.Path()}
	for deadline := time.Now().Add(10 * quiet); time.Now().Before(deadline) && s.difference(t, get, get) != ""; {
		time.Sleep(quiet / 10)
	}
	s.await(t, o.Path())
}

// puts are the requests that replace a stored object, or a part of it.
func (s servers) puts(t *testing.T, o Object, part string) func(Server, []byte) Request {
	versions := s.versions(t, o.Path())
	return func(server Server, body []byte) Request {
		body = bytes.ReplaceAll(body, []byte(current), []byte(versions[server.URL]))
		return Request{Method: http.MethodPut, Path: o.Path() + part + dryRun, Body: body}
	}
}

// current stands for the resourceVersion that an object has on the server that
// is asked.
const current = "CURRENT"

// versions are the resourceVersions of an object on the servers, by their URLs.
func (s servers) versions(t *testing.T, path string) map[string]string {
	versions := map[string]string{}
	for _, server := range []Server{s.reference, s.ours} {
		answer := server.Do(t.Context(), Request{Method: http.MethodGet, Path: path})
		version, err := part(answer.Body, ".metadata.resourceVersion")
		require.NoError(t, err, "%s", answer.Body)
		versions[server.URL] = version
	}
	return versions
}

// compare sends mutations to both servers, a few at a time, and tells of those
// that are answered differently, in order, but for known differences.
func (s servers) compare(t *testing.T, step string, mutations []Mutation, request func(to Server, body []byte) Request) {
	differences := make([]string, len(mutations))
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(mutations); i += workers {
				body := mutations[i].body()
				differences[i] = s.difference(t, request(s.reference, body), request(s.ours, body))
			}
		})
	}
	group.Wait()
	s.report(t, differences, func(i int) string { return step + mutations[i].Name })
}

// report tells of differences, of which those that are empty are none, but for
// the known ones, and counts them.
func (s servers) report(t *testing.T, differences []string, name func(i int) string) {
	found, allowed := 0, 0
	for i, d := range differences {
		entry := s.known.Note(name(i), d != "")
		switch {
		case d == "":
		case entry != nil:
			allowed++
		default:
			if found++; found <= shown {
				t.Errorf("%s\n%s", name(i), d)
			}
		}
	}
	t.Logf("%d requests, %d answered differently, %d differ as known", len(differences), found, allowed)
}

const (
	// workers is how many requests are under way at a time.
	workers = 4
	// shown is how many differences of one kind are shown.
	shown = 100
)

// difference is what differs in the answers to a request in the forms that it
// takes for each server; empty: nothing.
func (s servers) difference(t *testing.T, toReference, toOurs Request) string {
	var theirs, ours string
	var group sync.WaitGroup
	group.Go(func() { theirs = s.reference.Do(t.Context(), toReference).Normal() })
	group.Go(func() { ours = s.ours.Do(t.Context(), toOurs).Normal() })
	group.Wait()
	if theirs == ours {
		return ""
	}
	return fmt.Sprintf("%s %s\n%s", toOurs.Method, toOurs.Path, Diff(Readable(theirs), Readable(ours)))
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
