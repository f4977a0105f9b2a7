package describe

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/selectors"
)

const manyPods = `
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: default, uid: api-1}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: default, uid: web-1, labels: {app: web}}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: default, uid: web-2, labels: {app: web}}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-3, namespace: shop, uid: web-3, labels: {app: web}}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-4, namespace: shop, uid: web-4, labels: {app: web}}
status: {phase: Running}
---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Pod, namespace: shop, name: web-3, uid: web-3}
reason: Started
`

func TestCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pod.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"api-1","labels":{"local":"yes"}}}`), 0o600))
	for _, tt := range []struct {
		name string
		args []string
		// names are those of the pods described, in order.
		names    []string
		events   int
		requests []string // beside discovery
		stderr   string
		err      string
	}{
		{
			name: "one with its events", args: []string{"pod", "api-1"}, names: []string{"api-1"}, events: 1,
			requests: []string{
				"/api/v1/namespaces/default/pods/api-1",
				"/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dapi-1%2CinvolvedObject.namespace%3Ddefault%2CinvolvedObject.uid%3Dapi-1&limit=500",
			},
		},
		{
			name: "a file says which, the server what", args: []string{"-f", file, "--show-events=false"}, names: []string{"api-1"},
			requests: []string{"/api/v1/namespaces/default/pods/api-1"},
		},
		{
			name: "all whose name begins so, without events", args: []string{"pod", "web"}, names: []string{"web-1", "web-2"},
			requests: []string{"/api/v1/namespaces/default/pods/web", "/api/v1/namespaces/default/pods?limit=500"},
		},
		{name: "no name begins so", args: []string{"pod", "db"}, err: `pods "db" not found`},
		{name: "by label", args: []string{"pods", "-l", "app=web"}, names: []string{"web-1", "web-2"}},
		{
			name: "many share one list of events", args: []string{"pods", "-A", "--show-events"},
			names: []string{"api-1", "web-1", "web-2", "web-3", "web-4"}, events: 5,
			requests: []string{"/api/v1/pods?limit=500", "/api/v1/events?limit=500"},
		},
		{name: "nothing there", args: []string{"services"}, stderr: "No resources found in default namespace.\n"},
		{name: "nothing there at all", args: []string{"services", "-A"}, stderr: "No resources found\n"},
		{name: "no type", err: "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cluster := &transport{objects: parse(t, []byte(manyPods))}
			stdout, stderr, err := runCommand(t, cluster, tt.args...)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.names, describedNames(stdout))
			require.Equal(t, tt.events, strings.Count(stdout, "\nEvents:"))
			require.Equal(t, tt.stderr, stderr)
			require.NotContains(t, stdout, "local=yes")
			if tt.requests != nil {
				require.Equal(t, tt.requests, cluster.requests)
			}
		})
	}
}

func describedNames(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "Name:"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

func runCommand(t *testing.T, cluster *transport, args ...string) (stdout, stderr string, err error) {
	var out, errOut bytes.Buffer
	f := factory.New(factory.Environment{
		Program: "kubectl",
		Getenv:  func(string) string { return "" },
		Home:    t.TempDir(),
		Now:     func() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) },
		WrapConfig: func(config *rest.Config) *rest.Config {
			return &rest.Config{Host: "http://cluster", Transport: cluster}
		},
	}, factory.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut})
	root := &cobra.Command{Use: "kubectl", SilenceErrors: true, SilenceUsage: true}
	f.AddConnectionFlags(root.PersistentFlags())
	root.AddCommand(New(f))
	root.SetArgs(append([]string{"describe"}, args...))
	err = root.ExecuteContext(context.Background())
	return out.String(), errOut.String(), err
}

// transport is a fakeServer over HTTP, which takes down what it is asked.
type transport struct {
	objects fakeServer

	mu       sync.Mutex
	requests []string
}

func (s *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	switch {
	case request.URL.Path == "/api":
		return answer(http.StatusOK, metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}})
	case request.URL.Path == "/apis":
		return answer(http.StatusOK, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}})
	case request.URL.Path == "/api/v1":
		return answer(http.StatusOK, metav1.APIResourceList{
			TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: "v1",
			APIResources: []metav1.APIResource{
				{Name: "pods", SingularName: "pod", Namespaced: true, Kind: "Pod", Verbs: metav1.Verbs{"get", "list"}},
				{Name: "services", SingularName: "service", Namespaced: true, Kind: "Service", Verbs: metav1.Verbs{"get", "list"}},
			},
		})
	}
	s.mu.Lock()
	s.requests = append(s.requests, request.URL.RequestURI())
	s.mu.Unlock()
	namespace, path := "", parts[2:]
	if path[0] == "namespaces" {
		namespace, path = path[1], path[2:]
	}
	all := s.objects.all(schema.GroupVersionResource{Version: "v1", Resource: path[0]}, namespace)
	if len(path) == 2 {
		return one(all, path[0], path[1])
	}
	query := request.URL.Query()
	selector, err := selectors.Parse(query.Get("labelSelector"), query.Get("fieldSelector"))
	if err != nil {
		return nil, err
	}
	items := []any{}
	for _, object := range all {
		if selector.Match(object) {
			items = append(items, object.Object)
		}
	}
	kind := map[string]string{"pods": "PodList", "events": "EventList", "services": "ServiceList"}[path[0]]
	return answer(http.StatusOK, map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{}, "items": items})
}

func one(all fakeServer, resource, name string) (*http.Response, error) {
	for _, object := range all {
		if object.GetName() == name {
			return answer(http.StatusOK, object.Object)
		}
	}
	return answer(http.StatusNotFound, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: http.StatusNotFound,
		Reason: metav1.StatusReasonNotFound, Message: resource + ` "` + name + `" not found`,
	})
}

func answer(code int, body any) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(encoded)),
	}, err
}
