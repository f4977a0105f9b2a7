package fidelity

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/known"
)

// servers are the reference and ours, both without nodes.
type servers struct {
	reference, ours Server
	// known are the differences that are known of the test's steps.
	known known.Differences
}

// startServers starts both, with an authorization mode, for a test whose steps'
// names begin with prefix.
func startServers(t *testing.T, prefix, authorization string) servers {
	return newServers(t, startReference(t, authorization), newCluster(t, authorization), prefix)
}

// newServers are a reference and a cluster of ours.
func newServers(t *testing.T, reference *Reference, cluster *fakecluster.Cluster, prefix string) servers {
	ours, err := Ours(cluster)
	require.NoError(t, err)
	s := servers{reference: reference.Server(), ours: ours, known: readKnown(t, prefix)}
	for _, server := range []*Server{&s.reference, &s.ours} {
		server.Flows, err = server.flows(t.Context())
		require.NoError(t, err)
	}
	return s
}

// namespace makes a namespace and waits until it has what each has.
func (s servers) namespace(t *testing.T, name string) {
	s.create(t, Object{Collection: "/api/v1/namespaces", Content: map[string]any{"metadata": map[string]any{"name": name}}})
	s.await(t, "/api/v1/namespaces/"+name+"/serviceaccounts/default")
	s.await(t, "/api/v1/namespaces/"+name+"/configmaps/kube-root-ca.crt")
}

// surroundings makes what the objects need: the namespace that they are in, and
// the classes and custom kinds that they name.
func (s servers) surroundings(t *testing.T) {
	// The reference has no storage class unless somebody makes one.
	s.ours.Do(t.Context(), Request{Method: http.MethodDelete, Path: "/apis/storage.k8s.io/v1/storageclasses/standard"})
	objects, err := ReadObjects("testdata/surroundings.yaml")
	require.NoError(t, err)
	for _, o := range objects {
		s.create(t, o)
	}
	s.namespace(t, "fidelity")
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

// remove deletes an object from both, and returns once the reference has let it
// go: ranges of addresses are kept for a while, and nothing is allocated from
// them then.
func (s servers) remove(t *testing.T, o Object) {
	for _, server := range []Server{s.reference, s.ours} {
		answer := server.Do(t.Context(), Request{Method: http.MethodDelete, Path: o.Path() + "?gracePeriodSeconds=0"})
		require.Less(t, answer.Code, 300, "%s", answer.Body)
	}
	gone := func() bool {
		return s.reference.Do(t.Context(), Request{Method: http.MethodGet, Path: o.Path()}).Code == http.StatusNotFound
	}
	require.Eventually(t, gone, patience, quiet/10, "%s does not go", o.Path())
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

// quiet is how long nothing must change for an object to be at rest.
const quiet = 300 * time.Millisecond
