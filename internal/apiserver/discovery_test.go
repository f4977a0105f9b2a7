package apiserver_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiscovery(t *testing.T) {
	c := newCluster(t)
	list, err := c.client().Discovery().ServerResourcesForGroupVersion("v1")
	require.NoError(t, err)
	_, all, err := c.client().Discovery().ServerGroupsAndResources()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	names := map[string]string{}
	for _, r := range list.APIResources {
		names[r.Name] = r.Kind
	}
	require.Equal(t, "ConfigMap", names["configmaps"])
	require.Equal(t, "Namespace", names["namespaces/finalize"])

	_, plain, _ := c.ask("GET", "/api/v1", "")
	require.Contains(t, plain, `{"name":"configmaps","singularName":"configmap","namespaced":true,"kind":"ConfigMap","verbs":["create","delete","deletecollection","get","list","patch","update","watch"],"shortNames":["cm"],"storageVersionHash":"qFsyl6wFWjQ="}`)
	_, plain, _ = c.ask("GET", "/api", "")
	require.Equal(t, `{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"cluster"}]}`+"\n", plain)
}

func TestPlainPaths(t *testing.T) {
	c := newCluster(t)
	version, err := c.client().Discovery().ServerVersion()
	require.NoError(t, err)
	require.Equal(t, "v1.37.2", version.GitVersion)
	_, body, _ := c.ask("GET", "/readyz", "")
	require.Equal(t, "ok", body)
	_, body, _ = c.ask("GET", "/readyz?verbose", "")
	require.Contains(t, body, "[+]ping ok\n")
	require.Contains(t, body, "readyz check passed\n")
	_, body, _ = c.ask("GET", "/", "")
	require.Contains(t, body, `"/api/v1"`)
}

func TestOpenAPI(t *testing.T) {
	c := newCluster(t)
	paths, err := c.client().Discovery().OpenAPIV3().Paths()
	require.NoError(t, err)
	require.Contains(t, paths, "apis/apps/v1")
	document, err := paths["apis/apps/v1"].Schema("application/json")
	require.NoError(t, err)
	require.Contains(t, string(document), `"io.k8s.api.apps.v1.Deployment":{"description":"Deployment enables declarative updates`)
	_, err = paths["api/v1"].Schema("application/com.github.proto-openapi.spec.v3@v1.0+protobuf")
	require.NoError(t, err)
	v2, err := c.client().Discovery().OpenAPISchema()
	require.NoError(t, err)
	require.Equal(t, "1.37", v2.Info.Version)
}

// Kubernetes' index is always of now: who has one asks for it again. Here now may
// be the same for long.
func TestOpenAPIIndexIsNeverOld(t *testing.T) {
	c := newCluster(t)
	_, _, header := c.ask("GET", "/openapi/v3", "")
	for since, want := range map[string]int{
		header.Get("Last-Modified"):     http.StatusOK,
		"Mon, 01 Jan 2001 00:00:00 GMT": http.StatusOK,
		"Sun, 01 Jan 2051 00:00:00 GMT": http.StatusNotModified,
	} {
		status, _, _ := c.ask("GET", "/openapi/v3", "", "If-Modified-Since: "+since)
		require.Equal(t, want, status, since)
	}
}

func TestMetrics(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	_, body, _ := c.ask("GET", "/metrics", "")
	require.Contains(t, body, `apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1"} 1`)
	require.Contains(t, body, `apiserver_resource_objects{group="",resource="configmaps"} 1`)
}
