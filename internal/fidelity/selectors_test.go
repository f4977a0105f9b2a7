package fidelity

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fields are those by which objects of one kind or another can be selected, and
// some by which none can.
var fields = []string{
	"metadata.name", "metadata.namespace", "name", "data.key",
	"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
	"spec.unschedulable", "spec.clusterIP", "spec.type", "spec.signerName", "spec.size", "spec.color",
	"status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName", "status.replicas", "status.successful",
	"type", "reason", "source", "reportingComponent", "reportingController",
	"involvedObject.kind", "involvedObject.name", "involvedObject.uid", "regarding.kind", "regarding.name",
}

// TestFieldSelectors compares how the servers select objects of every kind by
// every field.
func TestFieldSelectors(t *testing.T) {
	s := startServers(t, "selectors/", "AlwaysAllow")
	s.surroundings(t)
	for _, collection := range s.collections(t) {
		var requests []Request
		for _, name := range fields {
			for _, selector := range []string{name + "=none", name + "==none", name + "!=none,metadata.name=none", "metadata.name=none," + name + "=x"} {
				path := collection + "?fieldSelector=" + url.QueryEscape(selector)
				requests = append(requests, Request{Method: http.MethodGet, Path: path})
			}
			path := "?fieldSelector=" + url.QueryEscape("metadata.name=none,"+name+"=none")
			requests = append(requests,
				Request{Method: http.MethodDelete, Path: collection + path},
				Request{Method: http.MethodGet, Path: collection + path + "&watch=true&timeoutSeconds=1&resourceVersion=x"})
		}
		t.Run(collection, func(t *testing.T) {
			differences := make([]string, len(requests))
			for i, r := range requests {
				differences[i] = s.difference(t, r, r)
			}
			s.report(t, differences, func(i int) string { return "selectors/" + requests[i].Method + " " + requests[i].Path })
		})
	}
}

// collections are those that both servers list and watch.
func (s servers) collections(t *testing.T) (paths []string) {
	var groups struct {
		Groups []struct{ PreferredVersion struct{ GroupVersion string } }
	}
	s.read(t, "/apis", &groups)
	versions := []string{"/api/v1"}
	for _, g := range groups.Groups {
		versions = append(versions, "/apis/"+g.PreferredVersion.GroupVersion)
	}
	for _, version := range versions {
		var list struct {
			Resources []struct {
				Name       string
				Namespaced bool
				Verbs      []string
			}
		}
		s.read(t, version, &list)
		for _, r := range list.Resources {
			switch {
			case !slices.Contains(r.Verbs, "watch"):
			case r.Namespaced:
				paths = append(paths, version+"/namespaces/fidelity/"+r.Name)
			default:
				paths = append(paths, version+"/"+r.Name)
			}
		}
	}
	return paths
}

// read asks our server, whose resources are some of the reference's.
func (s servers) read(t *testing.T, path string, into any) {
	answer := s.ours.Do(t.Context(), Request{Method: http.MethodGet, Path: path})
	require.NoError(t, json.Unmarshal(answer.Body, into), "%s", answer.Body)
}
