package discovery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli/discovery"
)

const (
	allModern = "v1: pods pods/log mystery/scale nodes; apps/v1: deployments deployments/scale; apps/v1beta1: deployments olds; other.example.com/v1: polls ponds"
	allOld    = "v1: pods; apps/v1: deployments deployments/scale"
	everyOld  = "/api /api/v1 /apis /apis/apps/v1"
)

// What servers of all ages and states tell of their resources, and what they are
// asked for it.
func TestServers(t *testing.T) {
	beta := strings.NewReplacer("apidiscovery.k8s.io/v2", "apidiscovery.k8s.io/v2beta1")
	for _, test := range []struct {
		name             string
		files            map[string]string
		want, asked, err string
	}{
		{"all at once, one group version being stale", modern(), allModern, "/api /apis", ""},
		{"one after the other", old(), allOld, everyOld, ""},
		{"all at once, in a form that is not asked for", map[string]string{
			"/api": beta.Replace(coreAggregated), "/api plain": coreVersions, "/apis": beta.Replace(namedAggregated), "/apis plain": namedGroups,
			"/api/v1": coreV1, "/apis/apps/v1": appsV1,
		}, allOld, everyOld, ""},
		{"only the core group at once", with(old(), "/api", coreAggregated), allOld, everyOld, ""},
		{"no core group", map[string]string{"/apis": namedGroups, "/apis/apps/v1": appsV1}, "apps/v1: deployments deployments/scale", "/api /apis /apis/apps/v1", ""},
		{"a group that fails", with(old(), "/apis/apps/v1", "503"), "v1: pods", everyOld + " /apis/apps/v1",
			"unable to retrieve the complete list of server APIs: apps/v1: the server is currently unable to handle the request"},
		{"a group that is empty", with(old(), "/apis/apps/v1", `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[]}`),
			"v1: pods; apps/v1:", everyOld, "unable to retrieve the complete list of server APIs: apps/v1: received empty response for: apps/v1"},
		{"no groups at all", map[string]string{"/api": `{"kind":"APIVersions"}`, "/apis": `{"kind":"APIGroupList"}`}, "", "/api /apis", ""},
		{"no named groups", map[string]string{"/api": coreVersions}, "", "/api /apis", "the server could not find the requested resource"},
		{"not ready", map[string]string{"/api": "503"}, "", "/api", "the server is currently unable to handle the request"},
		{"not a Kubernetes server", map[string]string{"/api": "<html>"}, "", "/api", "invalid character '<' looking for beginning of value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, test.files)
			client := inMemory(t, server)
			_, lists, err := client.GroupsAndResources()
			requireError(t, test.err, err)
			require.Equal(t, test.want, names(lists))
			require.Equal(t, test.asked, server.asked())
		})
	}
}

func requireError(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.EqualError(t, err, want)
}

func TestServerThatIsDown(t *testing.T) {
	server := serve(t, nil)
	server.Close()
	log, logged := newLog(t, "0")
	client, err := discovery.NewInMemory(server.config(), log)
	require.NoError(t, err)
	_, err = client.Preferred()
	require.ErrorContains(t, err, "connection refused")
	require.Regexp(t, `^E memcache.go:381\] "Couldn't get current server API group list" err="Get .*/api\?timeout=32s.*refused"\n$`, logged())
	_, err = client.Version()
	require.ErrorContains(t, err, "connection refused")
}

// A failure that may pass is asked about again, and only that.
func TestPassingFailure(t *testing.T) {
	server := serve(t, with(old(), "/apis/apps/v1", "503"))
	log, logged := newLog(t, "3")
	client, err := discovery.NewInMemory(server.config(), log)
	require.NoError(t, err)
	_, err = client.Resources("apps/v1")
	var missing *discovery.MissingError
	require.Error(t, err)
	require.NotErrorAs(t, err, &missing)
	require.Equal(t, `E memcache.go:403] "Couldn't get resource list" err="the server is currently unable to handle the request" groupVersion="apps/v1"
E memcache.go:133] "Couldn't get resource list" err="the server is currently unable to handle the request" gv="apps/v1"
`, logged())
	server.asked()
	with(server.files, "/apis/apps/v1", appsV1)
	_, lists, err := client.GroupsAndResources()
	require.NoError(t, err)
	require.Equal(t, allOld, names(lists))
	require.Equal(t, "/apis/apps/v1", server.asked())
}

func TestPreferred(t *testing.T) {
	for _, test := range []struct {
		name      string
		files     map[string]string
		want, err string
	}{
		{"each in one version", modern(), "v1: pods nodes; apps/v1: deployments; apps/v1beta1: olds; other.example.com/v1: polls ponds", ""},
		{"what the server could tell", with(old(), "/apis/apps/v1", "503"), "v1: pods",
			"unable to retrieve the complete list of server APIs: apps/v1: the server is currently unable to handle the request"},
		{"nothing", map[string]string{}, "", "the server could not find the requested resource"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lists, err := inMemory(t, serve(t, test.files)).Preferred()
			requireError(t, test.err, err)
			require.Equal(t, test.want, names(lists))
		})
	}
}

// A version that the server prefers takes the resource from one that it names
// before.
func TestPreferredVersionIsNotTheFirst(t *testing.T) {
	server := serve(t, map[string]string{
		"/apis": `{"groups":[{"name":"g","versions":[{"groupVersion":"g/v2","version":"v2"},{"groupVersion":"g/v1","version":"v1"}],
			"preferredVersion":{"groupVersion":"g/v1","version":"v1"}}]}`,
		"/apis/g/v1": `{"groupVersion":"g/v1","resources":[{"name":"as","kind":"A"}]}`,
		"/apis/g/v2": `{"groupVersion":"g/v2","resources":[{"name":"as","kind":"A"},{"name":"bs","kind":"B"}]}`,
	})
	lists, err := inMemory(t, server).Preferred()
	require.NoError(t, err)
	require.Equal(t, "g/v2: bs; g/v1: as", names(lists))
}

// A client that keeps nothing asks every time, as long as it takes.
func TestNothingKept(t *testing.T) {
	server := serve(t, with(old(), "/apis/apps/v1", `{"kind":"Status","apiVersion":"v1"}`))
	log, _ := newLog(t, "0")
	client, err := discovery.New(server.config(), log)
	require.NoError(t, err)
	for range 2 {
		groups, err := client.Groups()
		require.NoError(t, err)
		require.Len(t, groups, 2)
	}
	_, err = client.Resources("v1")
	require.NoError(t, err)
	_, err = client.Resources("")
	require.EqualError(t, err, "groupVersion shouldn't be empty")
	_, err = client.Resources("nothing/v1")
	require.EqualError(t, err, "the server could not find the requested resource")
	require.Equal(t, "/api /api /api/v1 /apis /apis /apis/nothing/v1", server.asked())
}

func TestVersion(t *testing.T) {
	for _, test := range []struct{ files, want, err string }{
		{`{"gitVersion":"v1.37.2"}`, "v1.37.2", ""},
		{`[]`, "", "unable to parse the server version: json: cannot unmarshal array into Go value of type version.Info"},
		{`503`, "", "the server is currently unable to handle the request"},
	} {
		version, err := inMemory(t, serve(t, map[string]string{"/version": test.files})).Version()
		requireError(t, test.err, err)
		if err == nil {
			require.Equal(t, test.want, version.GitVersion)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	server := serve(t, map[string]string{
		"/openapi/v3":      `{"paths":{"apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apps?hash=1"}}}`,
		"/openapi/v3/apps": `{"openapi":"3.0"}`,
	})
	client := inMemory(t, server)
	for range 2 {
		paths, err := client.OpenAPI().Paths()
		require.NoError(t, err)
		schema, err := paths["apis/apps/v1"].Schema("application/json")
		require.NoError(t, err)
		require.JSONEq(t, `{"openapi":"3.0"}`, string(schema))
	}
	require.Equal(t, "/openapi/v3 /openapi/v3/apps?hash=1&timeout=32s", server.asked(), "each once")
	client.Invalidate()
	_, err := client.OpenAPI().Paths()
	require.NoError(t, err)
	require.Equal(t, "/openapi/v3", server.asked())
}

func TestScaleKind(t *testing.T) {
	for _, test := range []struct {
		resource string
		files    map[string]string
		want     string
		err      string
	}{
		{"deployments.v1.apps", modern(), "autoscaling/v1, Kind=Scale", ""},
		{"deployments.v1.apps", old(), "apps/v1, Kind=Scale", ""},
		{"olds.v1beta1.apps", modern(), "", "could not find scale subresource for apps/v1beta1, Resource=olds in discovery information"},
		{"pods.v1beta1.metrics.k8s.io", modern(), "",
			"unable to fetch discovery information for metrics.k8s.io/v1beta1, Resource=pods: stale GroupVersion discovery: metrics.k8s.io/v1beta1"},
		{"nothing.v1.example.com", modern(), "", "unable to fetch discovery information for example.com/v1, Resource=nothing: not found"},
	} {
		kind, err := inMemory(t, serve(t, test.files)).ScaleKind(resource(test.resource))
		requireError(t, test.err, err)
		if err == nil {
			require.Equal(t, test.want, kind.String())
		}
	}
}
