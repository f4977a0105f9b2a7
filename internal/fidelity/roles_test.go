package fidelity

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// roles are the collections that both servers fill when they start.
var roles = []string{
	"/apis/rbac.authorization.k8s.io/v1/clusterroles",
	"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
	"/apis/rbac.authorization.k8s.io/v1/roles",
	"/apis/rbac.authorization.k8s.io/v1/rolebindings",
}

// TestRoles compares what the roles and bindings allow that a new cluster has.
func TestRoles(t *testing.T) {
	s := startServers(t, "roles: ", "RBAC")
	for _, path := range roles {
		require.Equal(t, grants(t, s.reference, path), grants(t, s.ours, path), path)
	}
}

// grants are the objects of a collection by their namespaces and names, without
// what each server says of when and how it wrote them.
func grants(t *testing.T, s Server, path string) map[string]any {
	answer := s.Do(t.Context(), Request{Method: http.MethodGet, Path: path})
	require.Equal(t, http.StatusOK, answer.Code, "%s", answer.Body)
	var list struct {
		Items []struct {
			Metadata struct {
				Namespace, Name     string
				Labels, Annotations map[string]string
			}
			Rules, Subjects, RoleRef, AggregationRule any
		}
	}
	require.NoError(t, json.Unmarshal(answer.Body, &list))
	objects := map[string]any{}
	for _, item := range list.Items {
		if item.AggregationRule != nil {
			item.Rules = nil // a controller gathers them from other roles
		}
		objects[item.Metadata.Namespace+"/"+item.Metadata.Name] = item
	}
	return objects
}
