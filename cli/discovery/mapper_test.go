package discovery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/discovery"
)

// resource is what a name such as pods, deployments.apps or deployments.v1.apps
// stands for.
func resource(name string) schema.GroupVersionResource {
	if full, _ := schema.ParseResourceArg(name); full != nil && strings.HasPrefix(full.Version, "v") {
		return *full
	}
	return schema.ParseGroupResource(name).WithVersion("")
}

// Which kind is meant by a name, as users write it.
func TestKindFor(t *testing.T) {
	const ambiguous = `short name "%s" could also match lower priority resource `
	for _, test := range []struct{ name, want, warnings string }{
		{"pods", "/v1, Kind=Pod", ""},
		{"pod", "/v1, Kind=Pod", ""},
		{"po", "/v1, Kind=Pod", strings.Replace(ambiguous, "%s", "po", 1) + "polls.other.example.com"},
		{"po.other.example.com", "other.example.com/v1, Kind=Poll", ""},
		{"po.other", "other.example.com/v1, Kind=Poll", ""},
		{"pl", "other.example.com/v1, Kind=Poll", strings.Replace(ambiguous, "%s", "pl", 1) + "ponds.other.example.com"},
		{"deploy", "apps/v1, Kind=Deployment", ""},
		{"deploy.app", "apps/v1, Kind=Deployment", ""},
		{"deployments.v1beta1.apps", "apps/v1beta1, Kind=Deployment", ""},
		{"olds", "apps/v1beta1, Kind=Old", ""},
		{"old.apps", "apps/v1beta1, Kind=Old", ""},
		{"pods.apps", `no matches for apps/, Resource=pods`, ""},
		{"pods/log", `no matches for /, Resource=pods/log`, ""},
		{"nonsense", `no matches for /, Resource=nonsense`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var warnings []string
			mapper := discovery.NewMapper(inMemory(t, serve(t, modern())), func(warning string) { warnings = append(warnings, warning) })
			kind, err := mapper.KindFor(resource(test.name))
			got := kind.String()
			if err != nil {
				got = err.Error()
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.warnings, strings.Join(warnings, ""))
		})
	}
}

func TestMappings(t *testing.T) {
	mapper := discovery.NewMapper(inMemory(t, serve(t, modern())), func(string) {})
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	require.NoError(t, err)
	require.Equal(t, "apps/v1, Resource=deployments", mapping.Resource.String(), "in the preferred version")
	require.Equal(t, meta.RESTScopeNameNamespace, mapping.Scope.Name())

	mapping, err = mapper.RESTMapping(schema.GroupKind{Kind: "Node"}, "v1")
	require.NoError(t, err)
	require.Equal(t, meta.RESTScopeNameRoot, mapping.Scope.Name())

	mappings, err := mapper.RESTMappings(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	require.NoError(t, err)
	require.Len(t, mappings, 2)

	resources, err := mapper.ResourcesFor(resource("deploy"))
	require.NoError(t, err)
	require.Equal(t, []schema.GroupVersionResource{resource("deployments.v1.apps"), resource("deployments.v1beta1.apps")}, resources)

	kinds, err := mapper.KindsFor(resource("deploy"))
	require.NoError(t, err)
	require.Len(t, kinds, 2)

	found, err := mapper.ResourceFor(resource("deploy"))
	require.NoError(t, err)
	require.Equal(t, resource("deployments.v1.apps"), found)

	singular, err := mapper.ResourceSingularizer("deploy")
	require.NoError(t, err)
	require.Equal(t, "deployment", singular)
	singular, err = discovery.NewMapper(inMemory(t, serve(t, nil)), nil).ResourceSingularizer("things")
	require.Error(t, err)
	require.Equal(t, "things", singular)
}

// Kinds of an old server have no singular names: they are guessed.
func TestGuessedSingular(t *testing.T) {
	mapper := discovery.NewMapper(inMemory(t, serve(t, old())), nil)
	kind, err := mapper.KindFor(resource("deployment"))
	require.NoError(t, err)
	require.Equal(t, "apps/v1, Kind=Deployment", kind.String())
}

// The server is asked again for what it did not have, if the answer was not of
// this run; a mapper that is reset asks anyway.
func TestAskingAgain(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, old())
	log, logged := newLog(t, "5")
	_, _, err := inFiles(t, server, dir, log).GroupsAndResources()
	require.NoError(t, err)
	with(server.files, "/apis/apps/v1", strings.Replace(appsV1, `"namespaced":true`, `"namespaced":true,"shortNames":["new"]`, 1))
	server.asked()
	logged()

	mapper := discovery.NewMapper(inFiles(t, server, dir, log), func(string) {})
	kind, err := mapper.KindFor(resource("new"))
	require.NoError(t, err)
	require.Equal(t, "apps/v1, Kind=Deployment", kind.String())
	require.Equal(t, everyOld, server.asked())
	require.Equal(t, "I discovery.go:279] \"Invalidating discovery information\"\n", logged())

	_, err = mapper.KindFor(resource("nonsense"))
	require.Error(t, err)
	require.Empty(t, server.asked(), "it has just said so")
	mapper.Reset()
	_, err = mapper.RESTMapping(schema.GroupKind{Kind: "Pod"})
	require.NoError(t, err)
	require.Equal(t, everyOld, server.asked())
}

func TestCategories(t *testing.T) {
	client := inMemory(t, serve(t, modern()))
	all, ok := client.Expand("all")
	require.True(t, ok)
	require.Equal(t, []schema.GroupResource{{Resource: "pods"}, {Group: "apps", Resource: "deployments"}, {Group: "other.example.com", Resource: "polls"}}, all)
	_, ok = client.Expand("nonsense")
	require.False(t, ok)
}
