package fakecluster_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

// dryRunFixture is what there is before dry runs: bodies to post to paths.
var dryRunFixture = []struct{ path, body string }{
	{"/api/v1/namespaces/default/configmaps", `metadata: {name: a, labels: {app: x}, finalizers: [example.com/keep]}
data: {k: v}`},
	{"/apis/apps/v1/namespaces/default/deployments", `metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 100m}}}]}`},
	{"/api/v1/namespaces/default/pods", `metadata: {name: p, labels: {app: p}}
spec: {schedulerName: nobody, containers: [{name: c, image: nginx, resources: {requests: {cpu: 100m}}}]}`},
	{"/api/v1/namespaces/default/pods", `metadata: {name: runs, labels: {app: runs}}
spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 100m}}}]}`},
	{"/api/v1/namespaces/default/services", `metadata: {name: s}
spec: {selector: {app: web}, ports: [{port: 80}]}`},
	{"/api/v1/namespaces", `metadata: {name: full}`},
	{"/api/v1/namespaces/full/resourcequotas", `metadata: {name: q}
spec: {hard: {configmaps: 1}}`},
	{"/apis/apiextensions.k8s.io/v1/customresourcedefinitions", `metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer, default: 3, maximum: 5}}}}}}`},
}

// A dry run answers what the request itself would, and writes nothing.
func TestDryRunsAnswerLikeTheRequestAndChangeNothing(t *testing.T) {
	const (
		core   = "/api/v1/namespaces/default/"
		apps   = "/apis/apps/v1/namespaces/default/"
		things = "/apis/example.com/v1/namespaces/default/things"
		merge  = "application/merge-patch+json"
		smp    = "application/strategic-merge-patch+json"
		apply  = "application/apply-patch+yaml"
		patch  = "application/json-patch+json"
	)
	tests := []struct {
		name, method, path, contentType, body string
		code                                  int
	}{
		{"create", "POST", core + "configmaps", "", `{"metadata":{"name":"new"}}`, 201},
		{"create with a generated name", "POST", core + "configmaps", "", `{"metadata":{"generateName":"new-"}}`, 201},
		{"create what is there", "POST", core + "configmaps", "", `{"metadata":{"name":"a"}}`, 409},
		{"create what is invalid", "POST", core + "configmaps", "", `{"metadata":{"name":"A"}}`, 422},
		{"create with unknown fields", "POST", core + "configmaps", "", `{"metadata":{"name":"new"},"foo":1}`, 201},
		{"create in no namespace", "POST", "/api/v1/namespaces/none/configmaps", "", `{"metadata":{"name":"new"}}`, 404},
		{"create beyond a quota", "POST", "/api/v1/namespaces/full/configmaps", "", `{"metadata":{"name":"new"}}`, 403},
		{"create a pod", "POST", core + "pods", "", `{"metadata":{"name":"new"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}`, 201},
		{"create a service", "POST", core + "services", "", `{"metadata":{"name":"new"},"spec":{"clusterIP":"10.96.0.77","ports":[{"port":80}]}}`, 201},
		{"create a namespace", "POST", "/api/v1/namespaces", "", `{"metadata":{"name":"new"}}`, 201},
		{"create a custom resource", "POST", things, "", `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"new"},"spec":{}}`, 201},
		{"create an invalid custom resource", "POST", things, "", `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"new"},"spec":{"size":7}}`, 422},
		{"update", "PUT", core + "configmaps/a", "", `{"metadata":{"name":"a"},"data":{"k":"w"}}`, 200},
		{"update of an old version", "PUT", core + "configmaps/a", "", `{"metadata":{"name":"a","resourceVersion":"1"}}`, 409},
		{"merge patch", "PATCH", core + "configmaps/a", merge, `{"data":{"k":"w"}}`, 200},
		{"merge patch that lets it go", "PATCH", core + "configmaps/a", merge, `{"metadata":{"finalizers":[]}}`, 200},
		{"JSON patch", "PATCH", core + "configmaps/a", patch, `[{"op":"remove","path":"/data/k"}]`, 200},
		{"strategic patch", "PATCH", apps + "deployments/web", smp, `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"nginx:2"}]}}}}`, 200},
		{"apply", "PATCH", apps + "deployments/web?fieldManager=m&force=true", apply, `{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":3}}`, 200},
		{"apply in conflict", "PATCH", apps + "deployments/web?fieldManager=m", apply, `{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":3}}`, 409},
		{"apply what is new", "PATCH", core + "configmaps/new?fieldManager=m", apply, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"},"data":{"k":"v"}}`, 201},
		{"status", "PATCH", core + "pods/p/status", merge, `{"status":{"message":"hello"}}`, 200},
		{"scale", "PUT", apps + "deployments/web/scale", "", `{"metadata":{"name":"web"},"spec":{"replicas":5}}`, 200},
		{"patched scale", "PATCH", apps + "deployments/web/scale", merge, `{"spec":{"replicas":5}}`, 200},
		{"binding", "POST", core + "pods/p/binding", "", `{"metadata":{"name":"p"},"target":{"name":"node-1"}}`, 201},
		{"binding of what runs", "POST", core + "pods/runs/binding", "", `{"metadata":{"name":"runs"},"target":{"name":"node-1"}}`, 409},
		{"eviction", "POST", core + "pods/runs/eviction", "", `{"metadata":{"name":"runs"}}`, 201},
		{"resize", "PATCH", core + "pods/p/resize", smp, `{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"200m"}}}]}}`, 200},
		{"ephemeral container", "PATCH", core + "pods/runs/ephemeralcontainers", smp, `{"spec":{"ephemeralContainers":[{"name":"debug","image":"busybox"}]}}`, 200},
		{"token", "POST", core + "serviceaccounts/default/token", "", `{}`, 201},
		{"delete", "DELETE", core + "services/s", "", "", 200},
		{"delete what a finalizer keeps", "DELETE", core + "configmaps/a", "", "", 200},
		{"delete in the foreground", "DELETE", apps + "deployments/web?propagationPolicy=Foreground", "", "", 200},
		{"delete of orphans", "DELETE", apps + "deployments/web?propagationPolicy=Orphan", "", "", 200},
		{"delete of a pod", "DELETE", core + "pods/runs", "", "", 200},
		{"delete of a pod at once", "DELETE", core + "pods/runs?gracePeriodSeconds=0", "", "", 200},
		{"delete of a namespace", "DELETE", "/api/v1/namespaces/full", "", "", 200},
		{"delete of a collection", "DELETE", core + "configmaps?labelSelector=app%3Dx", "", "", 200},
	}
	c := newCluster(t)
	for _, f := range dryRunFixture {
		require.Equal(t, http.StatusCreated, ask(t, c, "POST", f.path, "application/yaml", f.body).code, f.body)
	}
	before := revision(t, c)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trial, real := fork(t, c), fork(t, c)
			separator := "?"
			if strings.Contains(tt.path, "?") {
				separator = "&"
			}
			tried := ask(t, trial, tt.method, tt.path+separator+"dryRun=All", tt.contentType, tt.body)
			require.Equal(t, before, revision(t, trial), "nothing is changed")
			done := ask(t, real, tt.method, tt.path, tt.contentType, tt.body)
			require.Equal(t, done, tried)
			require.Equal(t, tt.code, done.code, done.object)
		})
	}
}

// revision is what the next write of anything will change.
func revision(t *testing.T, c *fakecluster.Cluster) string {
	t.Helper()
	list, err := kubernetes.NewForConfigOrDie(c.RESTConfig()).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	return list.ResourceVersion
}

// answer is what a request was answered, but for what depends on its having
// been carried out.
type answer struct {
	code     int
	warnings []string
	object   map[string]any
}

func ask(t *testing.T, c *fakecluster.Cluster, method, path, contentType, body string) answer {
	t.Helper()
	if contentType == "" {
		contentType = "application/json"
	}
	r := newCurl(t, c.RESTConfig()).do(method, path, body, "Content-Type", contentType)
	data, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	got := answer{code: r.StatusCode, warnings: r.Header["Warning"]}
	require.NoError(t, json.Unmarshal(data, &got.object), string(data))
	unstructured.RemoveNestedField(got.object, "metadata", "resourceVersion")
	unstructured.RemoveNestedField(got.object, "status", "token")
	return got
}
