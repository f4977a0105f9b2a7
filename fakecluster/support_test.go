package fakecluster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// createConfigMaps makes map-00, map-01 and so on, labelled "test".
func createConfigMaps(t testing.TB, client kubernetes.Interface, n int) {
	t.Helper()
	for i := range n {
		m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("map-%02d", i), Labels: map[string]string{"test": "yes"}}}
		_, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), m, metav1.CreateOptions{})
		require.NoError(t, err)
	}
}

// together runs n copies of f at the same time; none may fail.
func together(t testing.TB, n int, f func() error) {
	t.Helper()
	errs := make(chan error, n)
	for range n {
		go func() { errs <- f() }()
	}
	for range n {
		require.NoError(t, <-errs)
	}
}

// listable are the resources of a cluster that can be listed, in order.
func listable(t testing.TB, config *rest.Config) []schema.GroupVersionResource {
	t.Helper()
	lists, err := discovery.NewDiscoveryClientForConfigOrDie(config).ServerPreferredResources()
	require.NoError(t, err)
	var all []schema.GroupVersionResource
	for _, list := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, lists) {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		require.NoError(t, err)
		for _, resource := range list.APIResources {
			all = append(all, gv.WithResource(resource.Name))
		}
	}
	slices.SortFunc(all, func(a, b schema.GroupVersionResource) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// everything is all objects of a cluster as YAML.
func everything(t testing.TB, config *rest.Config) string {
	t.Helper()
	client := dynamic.NewForConfigOrDie(config)
	var all strings.Builder
	for _, resource := range listable(t, config) {
		objects, err := client.Resource(resource).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err, resource)
		for _, object := range objects.Items {
			text, err := yaml.Marshal(object.Object)
			require.NoError(t, err)
			all.WriteString("---\n")
			all.Write(text)
		}
	}
	return all.String()
}

func withToken(config *rest.Config, token string) *rest.Config {
	config = rest.CopyConfig(config)
	config.BearerToken = token
	return config
}

// reasonOf is why the server has refused a request.
func reasonOf(err error) metav1.StatusReason { return apierrors.ReasonForError(err) }

// golden compares text with a file in testdata, or writes the file when
// KUBEJIG_UPDATE is set.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("KUBEJIG_UPDATE") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run the test with KUBEJIG_UPDATE=1 if this is right")
}
