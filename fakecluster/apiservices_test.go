package fakecluster_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// Every version of an API group that is served has its APIService, and no
// other has.
func TestAPIServices(t *testing.T) {
	c := newCluster(t)
	require.Equal(t, servedVersions(t, c.RESTConfig()), apiServices(t, c.RESTConfig()))

	definitions := apiextensions.NewForConfigOrDie(c.RESTConfig()).ApiextensionsV1().CustomResourceDefinitions()
	defineCronTabs(t, c.RESTConfig())
	require.Contains(t, apiServices(t, c.RESTConfig()), "v1.stable.example.com")
	require.Equal(t, servedVersions(t, c.RESTConfig()), apiServices(t, c.RESTConfig()))

	require.NoError(t, definitions.Delete(t.Context(), "crontabs.stable.example.com", metav1.DeleteOptions{}))
	require.Equal(t, servedVersions(t, c.RESTConfig()), apiServices(t, c.RESTConfig()))
}

// servedVersions are the names that API services have for what discovery tells.
func servedVersions(t *testing.T, config *rest.Config) []string {
	t.Helper()
	groups, err := discovery.NewDiscoveryClientForConfigOrDie(config).ServerGroups()
	require.NoError(t, err)
	var names []string
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			if g.Name != "apiregistration.k8s.io" {
				names = append(names, v.Version+"."+g.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func apiServices(t *testing.T, config *rest.Config) []string {
	t.Helper()
	resource := schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	list, err := dynamic.NewForConfigOrDie(config).Resource(resource).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, item := range list.Items {
		names = append(names, item.GetName())
	}
	return names
}
