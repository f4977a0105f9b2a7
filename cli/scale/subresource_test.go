package scale

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// A scale of any kind that there has been goes back to the server as it came,
// but for the size.
func TestKindsOfScale(t *testing.T) {
	for _, test := range []struct{ name, served, sent string }{
		{
			"of today",
			`{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web","namespace":"n","resourceVersion":"7"},"spec":{"replicas":1},"status":{"replicas":1,"selector":"app=web"}}`,
			`{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web","namespace":"n","resourceVersion":"7"},"spec":{"replicas":3},"status":{"replicas":1,"selector":"app=web"}}`,
		},
		{
			"of Kubernetes 1.8",
			`{"kind":"Scale","apiVersion":"extensions/v1beta1","metadata":{"name":"web"},"spec":{},"status":{"replicas":0,"selector":{"app":"web"},"targetSelector":"app=web"}}`,
			`{"kind":"Scale","apiVersion":"extensions/v1beta1","metadata":{"name":"web"},"spec":{"replicas":3},"status":{"replicas":0,"selector":{"app":"web"},"targetSelector":"app=web"}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := []string{}
			client := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				requests = append(requests, r.Method+" "+r.URL.String()+" "+string(body))
				_, _ = io.WriteString(w, test.served)
			})
			web := object{deployments.GroupResource().WithVersion("v1beta1"), "n", "web"}
			scale, err := client.get(context.Background(), web)
			require.NoError(t, err)
			scale.Spec.Replicas = 3
			_, err = client.update(context.Background(), web, scale, []string{"All"})
			require.NoError(t, err)
			_, err = client.patch(context.Background(), web, []byte(`{}`), nil)
			require.NoError(t, err)
			require.Equal(t, []string{
				"GET /apis/apps/v1/namespaces/n/deployments/web/scale ",
				"PUT /apis/apps/v1/namespaces/n/deployments/web/scale?dryRun=All " + test.sent + "\n",
				"PATCH /apis/apps/v1beta1/namespaces/n/deployments/web/scale {}",
			}, requests)
		})
	}
}

func TestNoScale(t *testing.T) {
	client := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusNotFound) })
	_, err := client.get(context.Background(), object{deployments, "n", "web"})
	require.ErrorContains(t, err, "the server could not find the requested resource")
	_, err = client.get(context.Background(), object{schema.GroupVersionResource{Resource: "things"}, "", "web"})
	require.EqualError(t, err, "unable to get client for things: unable to get full preferred group-version-resource for things: no matches for /, Resource=things")
}

var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

func newTestClient(t *testing.T, serve http.HandlerFunc) *client {
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	rests, err := rest.UnversionedRESTClientFor(&rest.Config{Host: server.URL, ContentConfig: rest.ContentConfig{
		NegotiatedSerializer: serializer.NewCodecFactory(runtime.NewScheme()).WithoutConversion(),
	}})
	require.NoError(t, err)
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{deployments.GroupVersion()})
	mapper.Add(deployments.GroupVersion().WithKind("Deployment"), meta.RESTScopeNamespace)
	return &client{rests, mapper}
}
