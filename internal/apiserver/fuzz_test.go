package apiserver_test

import (
	"context"
	"encoding/json"
	"io"
	"math/rand"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"

	"github.com/kubejig/kubejig/internal/controllers/customresourcedefinition"
	"github.com/kubejig/kubejig/internal/resources"
)

const (
	definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	crontabs    = "/apis/stable.example.com/v1/namespaces/default/crontabs"
	crontab     = `{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"a"},"spec":{"cronSpec":"* * * * *","replicas":2,"ports":[{"port":80,"name":"http"}],"tags":["x"]}}`
	// crontabDefinition declares lists of every type, a free-form field and
	// an integer that may be a string.
	crontabDefinition = `{"metadata":{"name":"crontabs.stable.example.com"},"spec":{
		"group":"stable.example.com","scope":"Namespaced",
		"names":{"plural":"crontabs","singular":"crontab","kind":"CronTab"},
		"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
			"schema":{"openAPIV3Schema":{"type":"object","properties":{
				"spec":{"type":"object","properties":{
					"cronSpec":{"type":"string"},
					"replicas":{"type":"integer","default":1,"minimum":0},
					"tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
					"args":{"type":"array","items":{"type":"string"}},
					"ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port"],
						"items":{"type":"object","required":["port"],"properties":{"port":{"type":"integer"},"name":{"type":"string"}}}},
					"max":{"x-kubernetes-int-or-string":true},
					"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
					"whole":{"type":"object","x-kubernetes-map-type":"atomic","additionalProperties":{"type":"string"}}}},
				"status":{"type":"object","properties":{"ready":{"type":"integer"}}}}}}}]}}`
)

// withCronTabs is a cluster that serves the custom resource above.
func withCronTabs(t testing.TB) *cluster {
	c := newCluster(t)
	customresourcedefinition.Run(c.registry, nil)
	c.create(definitions, crontabDefinition)
	return c
}

// hold is how long a request may take that has nothing to wait for.
const hold = 20 * time.Second

// holds asks what a client could send over the wire, and holds that the answer
// is one that a client understands. Streams are closed once they have begun.
func (c *cluster) holds(r *http.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), hold)
	defer cancel()
	response, err := c.config.Transport.RoundTrip(r.WithContext(ctx))
	require.NoError(c, err)
	defer response.Body.Close()
	require.NoError(c, ctx.Err(), "the answer took too long")
	if response.ContentLength < 0 {
		return
	}
	body, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	if response.StatusCode < 400 || !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") || r.Method == http.MethodHead {
		return
	}
	var status metav1.Status
	require.NoError(c, json.Unmarshal(body, &status), "%s", body)
	require.Equal(c, "Status", status.Kind, "%s", body)
	require.Equal(c, metav1.StatusFailure, status.Status, "%s", body)
	require.EqualValues(c, response.StatusCode, status.Code, "%s", body)
}

// requestOf builds a request; headers are lines of "Name: value". It is nil
// for what an HTTP server does not let through.
func requestOf(method, path, query, headers string, body []byte) *http.Request {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	target := &url.URL{Scheme: "http", Host: "cluster", Path: path, RawQuery: query}
	r, err := http.NewRequest(method, target.String(), strings.NewReader(string(body)))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(headers) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			r.Header.Add(textproto.CanonicalMIMEHeaderKey(name), value)
		}
	}
	return r
}

// FuzzRequest sends arbitrary requests to a small cluster.
func FuzzRequest(f *testing.F) {
	const js = "Content-Type: application/json\n"
	f.Add("GET", "/api/v1/namespaces/default/pods", "labelSelector=app%3Dweb&limit=1", "Accept: application/json;as=Table;g=meta.k8s.io;v=v1", []byte(nil))
	f.Add("GET", "/api/v1/pods", "watch=1&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=1", "", []byte(nil))
	f.Add("POST", configMaps, "dryRun=All&fieldValidation=Strict", js, []byte(cmA))
	f.Add("PUT", deployments+"/web/scale", "", js, []byte(`{"spec":{"replicas":1}}`))
	f.Add("PATCH", podList+"/p", "fieldManager=a&force=true", applyPatch, []byte("kind: Pod\napiVersion: v1\n"))
	f.Add("PATCH", podList+"/new", "fieldManager=a", applyPatch, []byte("kind: Pod\napiVersion: v1\n"))
	f.Add("DELETE", podList, "propagationPolicy=Foreground&gracePeriodSeconds=0", js, []byte(`{"kind":"DeleteOptions","apiVersion":"v1"}`))
	f.Add("POST", podList+"/p/eviction", "", js, []byte(`{"metadata":{"name":"p"}}`))
	f.Add("POST", podList+"/p/binding", "", js, []byte(`{"target":{"name":"n"}}`))
	f.Add("GET", podList+"/p/log", "container=c&tailLines=1&sinceSeconds=5", "", []byte(nil))
	f.Add("GET", podList+"/p/exec", "command=sh&stdin=1", "Connection: Upgrade\nUpgrade: SPDY/3.1", []byte(nil))
	f.Add("GET", "/api/v1/namespaces/default/services/https:a:b/proxy/x/", "", "", []byte(nil))
	f.Add("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "", js, []byte(`{"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}`))
	f.Add("GET", "/openapi/v3/apis/apps/v1", "hash=1", "Accept: application/com.github.proto-openapi.spec.v3@v1.0+protobuf", []byte(nil))
	f.Add("GET", "/apis", "", "Accept: application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList\nImpersonate-User: x\nImpersonate-Extra-a%2Fb: c", []byte(nil))
	f.Add("GET", crontabs+"/a", "resourceVersion=x", "Authorization: Bearer x", []byte(nil))
	f.Add("POST", "/api/v1/namespaces", "", "Content-Type: application/vnd.kubernetes.protobuf", []byte("k8s\x00\n\x0f\n\x02v1\x12\tNamespace\x12\x00"))
	f.Fuzz(func(t *testing.T, method, path, query, headers string, body []byte) {
		r := requestOf(method, path, query, headers, body)
		if r == nil {
			t.Skip()
		}
		c := withCronTabs(t)
		c.create(deployments, web)
		c.create(podList, pod)
		c.holds(r)
		c.server.Close()
	})
}

// FuzzPatch sends patches of all types for a Deployment and a custom resource.
func FuzzPatch(f *testing.F) {
	for i, patch := range []string{
		`[{"op":"replace","path":"/spec/replicas","value":1},{"op":"test","path":"/a~1b/-"},{"op":"copy","from":"/spec","path":"/x"}]`,
		`{"spec":{"replicas":null,"template":{"spec":{"containers":[]}}}}`,
		`{"spec":{"template":{"spec":{"containers":[{"name":"c","$patch":"delete"}],"$setElementOrder/containers":[{"name":"c"}],"$retainKeys":["x"]}}},"metadata":{"$deleteFromPrimitiveList/finalizers":["x"]}}`,
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n",
	} {
		f.Add(uint8(i), false, []byte(patch))
		f.Add(uint8(i), true, []byte(patch))
	}
	f.Add(uint8(3), true, []byte(crontab))
	f.Add(uint8(1), true, []byte(`{"spec":{"ports":[{"port":80},{"port":80}],"max":"1","free":{"a":[]}},"metadata":{"managedFields":[{}]}}`))
	c := withCronTabs(f)
	c.create(deployments, web)
	c.create(crontabs, crontab)
	types := []string{jsonPatch, mergePatch, strategicPatch, applyPatch}
	f.Fuzz(func(t *testing.T, kind uint8, custom bool, patch []byte) {
		c.TB = t
		path := deployments + "/web"
		if custom {
			path = crontabs + "/a"
		}
		c.holds(requestOf("PATCH", path, "dryRun=All&fieldManager=fuzz", types[int(kind)%len(types)], patch))
	})
}

// FuzzManifest creates what a manifest says, of any kind.
func FuzzManifest(f *testing.F) {
	c := withCronTabs(f)
	kinds := c.registry.Kinds().All()
	for _, manifest := range []string{web, pod, cmA, crontab, crontabDefinition,
		"kind: Pod\nmetadata: {name: &a x, labels: {a: *a}}\nspec:\n  containers:\n  - name: c\n    ports: [{containerPort: 80}]\n    resources: {limits: {cpu: 1e3, memory: 1Gi}}\n",
		"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
	} {
		for i := range kinds {
			f.Add(uint8(i), strings.HasPrefix(manifest, "{"), []byte(manifest))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, isJSON bool, manifest []byte) {
		c.TB = t
		contentType := "Content-Type: application/yaml"
		if isJSON {
			contentType = "Content-Type: application/json"
		}
		path := collectionPath(kinds[int(kind)%len(kinds)])
		c.holds(requestOf("POST", path, "dryRun=All&fieldValidation=Strict", contentType, manifest))
	})
}

// collectionPath is where objects of a kind are created.
func collectionPath(k *resources.Kind) string {
	gv := k.GVK().GroupVersion()
	path := "/apis/" + gv.String()
	if gv.Group == "" {
		path = "/api/" + gv.Version
	}
	if k.Namespaced {
		path += "/namespaces/default"
	}
	return path + "/" + k.Resource
}

// FuzzObject creates and replaces objects of every kind whose fields are set
// at random.
func FuzzObject(f *testing.F) {
	c := newCluster(f)
	kinds := c.registry.Kinds().All()
	for i := range kinds {
		f.Add(uint8(i), int64(i), uint8(1))
	}
	f.Fuzz(func(t *testing.T, kind uint8, seed int64, depth uint8) {
		c.TB = t
		k := kinds[int(kind)%len(kinds)]
		obj := k.Storage().New()
		oddly(seed, int(depth%3)).Fill(obj)
		obj.SetName("odd")
		obj.SetGenerateName("")
		obj.SetNamespace("")
		obj.GetObjectKind().SetGroupVersionKind(k.GVK())
		body, err := json.Marshal(obj)
		if err != nil {
			t.Skip()
		}
		c.holds(requestOf("POST", collectionPath(k), "dryRun=All", "Content-Type: application/json", body))
	})
}

// oddly fills objects with contents that nobody would write.
func oddly(seed int64, crowd int) *randfill.Filler {
	words := []string{"", "a", "default", "RollingUpdate", "0", "-1", "a.b/c", "*", "10.0.0.1", "::/0", "Always", "TCP"}
	return randfill.NewWithSeed(seed).RandSource(rand.NewSource(seed)).NilChance(0.3).NumElements(0, 1+crowd).MaxDepth(20).Funcs(
		func(s *string, c randfill.Continue) { *s = words[c.Intn(len(words))] },
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewMilliQuantity(c.Int63n(9)-2, resource.DecimalSI)
		},
		func(v *intstr.IntOrString, c randfill.Continue) { *v = intstr.Parse(words[c.Intn(len(words))]) },
		func(m *metav1.MicroTime, _ randfill.Continue) { *m = metav1.MicroTime{} },
		func(m *metav1.Time, _ randfill.Continue) { *m = metav1.NewTime(start) },
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"a":[null]}`) },
		func(j *apiextensionsv1.JSON, _ randfill.Continue) { j.Raw = []byte(`null`) },
		func(s *apiextensionsv1.JSONSchemaProps, c randfill.Continue) { *s = oddSchema(c) },
		func(m *[]metav1.ManagedFieldsEntry, _ randfill.Continue) { *m = nil },
		func(r *corev1.ResourceList, c randfill.Continue) {
			*r = corev1.ResourceList{corev1.ResourceName(words[c.Intn(len(words))]): resource.MustParse("1")}
		},
	)
}

// oddSchema is a schema that does not grow without end.
func oddSchema(c randfill.Continue) apiextensionsv1.JSONSchemaProps {
	var s apiextensionsv1.JSONSchemaProps
	for _, field := range []any{&s.Ref, &s.Format, &s.Title, &s.Default, &s.Maximum, &s.MaxLength, &s.Pattern, &s.Enum,
		&s.Required, &s.XEmbeddedResource, &s.XListType, &s.XListMapKeys, &s.XPreserveUnknownFields, &s.XValidations} {
		c.Fill(field)
	}
	s.Type = []string{"", "object", "array", "string", "integer"}[c.Intn(5)]
	if c.Intn(3) == 0 {
		s.Items = &apiextensionsv1.JSONSchemaPropsOrArray{}
		c.Fill(&s.Items.Schema)
	}
	if c.Intn(3) == 0 {
		s.Properties = map[string]apiextensionsv1.JSONSchemaProps{"p": oddSchema(c)}
		s.AnyOf = []apiextensionsv1.JSONSchemaProps{oddSchema(c)}
	}
	return s
}
