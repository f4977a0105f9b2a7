package openapi_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/openapi/openapitest"
	"k8s.io/kube-openapi/pkg/spec3"
	protomodels "k8s.io/kube-openapi/pkg/util/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/kubejig/kubejig/internal/openapi"
)

var allVerbs = []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}

func newBuilder() *openapi.Builder { return openapi.NewBuilder(clientscheme.Scheme, "1.37") }

func pods() openapi.Resource {
	kind := corev1.SchemeGroupVersion.WithKind("Pod")
	options := func(name string) schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind(name) }
	return openapi.Resource{
		Kind: kind, Name: "pods", Namespaced: true, Verbs: allVerbs,
		Subresources: []openapi.Subresource{
			{Name: "status", Kind: kind, Verbs: []string{"get", "patch", "update"}},
			{Name: "log", Kind: kind, Verbs: []string{"get"}, Options: "PodLogOptions"},
			{Name: "exec", Kind: options("PodExecOptions"), Verbs: []string{"create", "get"}},
			{Name: "proxy", Kind: options("PodProxyOptions"), Verbs: []string{"create", "get"}},
			{Name: "eviction", Kind: policyv1.SchemeGroupVersion.WithKind("Eviction"), Verbs: []string{"create"}},
		},
	}
}

func deployments() openapi.Resource {
	kind := appsv1.SchemeGroupVersion.WithKind("Deployment")
	return openapi.Resource{
		Kind: kind, Name: "deployments", Namespaced: true, Verbs: allVerbs,
		Subresources: []openapi.Subresource{
			{Name: "status", Kind: kind, Verbs: []string{"get", "patch", "update"}},
			{Name: "scale", Kind: autoscalingv1.SchemeGroupVersion.WithKind("Scale"), Verbs: []string{"get", "patch", "update"}},
		},
	}
}

func jobs() openapi.Resource {
	kind := batchv1.SchemeGroupVersion.WithKind("Job")
	return openapi.Resource{
		Kind: kind, Name: "jobs", Namespaced: true, Verbs: allVerbs,
		Subresources: []openapi.Subresource{{Name: "status", Kind: kind, Verbs: []string{"get", "patch", "update"}}},
	}
}

// everyKind is a resource for each kind of Kubernetes that has a list.
func everyKind() []openapi.Resource {
	var resources []openapi.Resource
	for kind, goType := range clientscheme.Scheme.AllKnownTypes() {
		list := kind.GroupVersion().WithKind(kind.Kind + "List")
		if kind.Version == "__internal" || !clientscheme.Scheme.Recognizes(list) {
			continue
		}
		if _, isObject := reflect.New(goType).Interface().(metav1.Object); !isObject {
			continue
		}
		resources = append(resources, openapi.Resource{
			Kind: kind, Name: strings.ToLower(kind.Kind) + "s", Namespaced: true, Verbs: allVerbs,
		})
	}
	return resources
}

func encode(t *testing.T, document any) []byte {
	encoded, err := json.Marshal(document)
	require.NoError(t, err)
	return encoded
}

// field follows property names from a kind's schema, through references and
// items.
func field(t *testing.T, document *spec3.OpenAPI, model string, path ...string) *spec.Schema {
	s := document.Components.Schemas[model]
	require.NotNil(t, s, model)
	for _, name := range path {
		if s.Items != nil {
			s = s.Items.Schema
		}
		if name := s.Ref.String(); name != "" {
			s = document.Components.Schemas[strings.TrimPrefix(name, "#/components/schemas/")]
		}
		if len(s.AllOf) == 1 {
			s = document.Components.Schemas[strings.TrimPrefix(s.AllOf[0].Ref.String(), "#/components/schemas/")]
		}
		property, ok := s.Properties[name]
		require.True(t, ok, name)
		s = &property
	}
	return s
}

func TestExplainFindsContainers(t *testing.T) {
	document := newBuilder().V3("api/v1", []openapi.Resource{pods()})
	pod := document.Components.Schemas["io.k8s.api.core.v1.Pod"]
	require.Equal(t, []any{map[string]any{"group": "", "version": "v1", "kind": "Pod"}},
		pod.Extensions["x-kubernetes-group-version-kind"])
	require.Contains(t, pod.Description, "Pod is a collection of containers")

	containers := field(t, document, "io.k8s.api.core.v1.Pod", "spec", "containers")
	require.Equal(t, spec.StringOrArray{"array"}, containers.Type)
	require.Contains(t, containers.Description, "List of containers belonging to the pod.")
	require.Equal(t, "name", containers.Extensions["x-kubernetes-patch-merge-key"])
	require.Equal(t, "merge", containers.Extensions["x-kubernetes-patch-strategy"])
	require.Equal(t, "map", containers.Extensions["x-kubernetes-list-type"])
	require.Equal(t, []any{"name"}, containers.Extensions["x-kubernetes-list-map-keys"])

	container := document.Components.Schemas["io.k8s.api.core.v1.Container"]
	require.Equal(t, []string{"name"}, container.Required)
	port := document.Components.Schemas["io.k8s.api.core.v1.ContainerPort"]
	require.Equal(t, []string{"containerPort"}, port.Required)
	require.Equal(t, "TCP", port.Properties["protocol"].Default)
	require.Equal(t, []any{"SCTP", "TCP", "UDP"}, port.Properties["protocol"].Enum)
	require.Contains(t, port.Properties["protocol"].Description, "Possible enum values:\n - `\"SCTP\"` is the SCTP protocol.\n")

	policy := field(t, document, "io.k8s.api.core.v1.Pod", "spec", "containers", "imagePullPolicy")
	require.Equal(t, []any{"Always", "IfNotPresent", "Never"}, policy.Enum)
	number := field(t, document, "io.k8s.api.core.v1.Pod", "spec", "terminationGracePeriodSeconds")
	require.Equal(t, "int64", number.Format)
	require.Nil(t, number.Default)
}

func TestBasicTypes(t *testing.T) {
	builder := newBuilder()
	v3 := builder.V3("api/v1", []openapi.Resource{pods()}).Components.Schemas
	v2 := builder.V2([]openapi.Resource{pods()}).Definitions
	for _, tt := range []struct{ model, v3, v2 string }{
		{"io.k8s.apimachinery.pkg.apis.meta.v1.Time", `{"type":"string","format":"date-time"}`, `{"type":"string","format":"date-time"}`},
		{"io.k8s.apimachinery.pkg.util.intstr.IntOrString", `{"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]}`, `{"type":"string","format":"int-or-string"}`},
		{"io.k8s.apimachinery.pkg.api.resource.Quantity", `{"oneOf":[{"type":"string"},{"type":"number"}]}`, `{"type":"string"}`},
		{"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", `{"type":"object"}`, `{"type":"object"}`},
	} {
		t.Run(tt.model, func(t *testing.T) {
			newer, older := *v3[tt.model], v2[tt.model]
			require.NotEmpty(t, newer.Description)
			newer.Description, older.Description = "", ""
			require.JSONEq(t, tt.v3, string(encode(t, newer)))
			require.JSONEq(t, tt.v2, string(encode(t, older)))
		})
	}
}

// reference is a document of Kubernetes, of an older version.
func reference(t *testing.T, name string) *spec3.OpenAPI {
	paths, err := openapitest.NewEmbeddedFileClient().Paths()
	require.NoError(t, err)
	encoded, err := paths[name].Schema("application/json")
	require.NoError(t, err)
	document := &spec3.OpenAPI{}
	require.NoError(t, json.Unmarshal(encoded, document))
	return document
}

func TestOperationsAreThoseOfKubernetes(t *testing.T) {
	for _, tt := range []struct {
		document string
		resource openapi.Resource
	}{
		{"api/v1", pods()},
		{"apis/apps/v1", deployments()},
		{"apis/batch/v1", jobs()},
	} {
		want := reference(t, tt.document)
		for path, got := range newBuilder().V3(tt.document, []openapi.Resource{tt.resource}).Paths.Paths {
			theirs := want.Paths.Paths[path]
			require.NotNil(t, theirs, path)
			for _, pair := range [][2]*spec3.Operation{
				{theirs.Get, got.Get}, {theirs.Put, got.Put}, {theirs.Post, got.Post},
				{theirs.Delete, got.Delete}, {theirs.Patch, got.Patch},
			} {
				if pair[1] == nil {
					continue
				}
				require.NotNil(t, pair[0], path)
				require.Equal(t, pair[0].OperationId, pair[1].OperationId)
				require.Equal(t, pair[0].Tags, pair[1].Tags)
				require.Equal(t, pair[0].Description, pair[1].Description)
				require.Equal(t, pair[0].Extensions, pair[1].Extensions, pair[0].OperationId)
				if body := pair[1].RequestBody; body != nil {
					require.Equal(t, encode(t, pair[0].RequestBody.Content), encode(t, body.Content), pair[0].OperationId)
				}
			}
		}
	}
}

func TestParametersOfVerbs(t *testing.T) {
	document := newBuilder().V3("api/v1", []openapi.Resource{pods()})
	names := func(parameters []*spec3.Parameter) []string {
		var names []string
		for _, p := range parameters {
			names = append(names, p.Name)
		}
		return names
	}
	item := document.Paths.Paths["/api/v1/namespaces/{namespace}/pods/{name}"]
	require.Equal(t, []string{"name", "namespace", "pretty"}, names(item.Parameters))
	require.Equal(t, []string{"dryRun", "fieldManager", "fieldValidation", "force"}, names(item.Patch.Parameters))
	require.Equal(t, []string{"dryRun", "fieldManager", "fieldValidation"}, names(item.Put.Parameters))
	collection := document.Paths.Paths["/api/v1/namespaces/{namespace}/pods"]
	require.Subset(t, names(collection.Get.Parameters), []string{"labelSelector", "limit", "watch", "sendInitialEvents"})
	exec := document.Paths.Paths["/api/v1/namespaces/{namespace}/pods/{name}/exec"]
	require.Equal(t, []string{"command", "container", "name", "namespace", "stderr", "stdin", "stdout", "tty"}, names(exec.Parameters))
	log := document.Paths.Paths["/api/v1/namespaces/{namespace}/pods/{name}/log"]
	require.Subset(t, names(log.Parameters), []string{"container", "follow", "sinceSeconds", "tailLines"})
}

func TestEveryKindBuildsAndParses(t *testing.T) {
	builder, resources := newBuilder(), everyKind()
	for _, name := range openapi.Names(resources) {
		encoded := encode(t, builder.V3(name, resources))
		require.NoError(t, json.Unmarshal(encoded, &spec3.OpenAPI{}), name)
		parsed, err := openapi_v3.ParseDocument(encoded)
		require.NoError(t, err, name)
		_, err = protomodels.NewOpenAPIV3Data(parsed)
		require.NoError(t, err, name)
	}
}

func TestV2ServesClients(t *testing.T) {
	builder := newBuilder()
	encoded := encode(t, builder.V2([]openapi.Resource{pods(), deployments(), jobs()}))
	require.NoError(t, json.Unmarshal(encoded, &spec.Swagger{}))

	// As client-go asks for it.
	wire, err := openapi.EncodeV2(encoded)
	require.NoError(t, err)
	document := &openapi_v2.Document{}
	require.NoError(t, proto.Unmarshal(wire, document))
	models, err := protomodels.NewOpenAPIData(document)
	require.NoError(t, err)
	deployment := models.LookupModel("io.k8s.api.apps.v1.Deployment").(*protomodels.Kind)
	require.Contains(t, deployment.Keys(), "spec")
	template := deployment.Fields["spec"].(protomodels.Reference).SubSchema().(*protomodels.Kind).Fields["template"]
	require.Contains(t, template.GetDescription(), "Template describes the pods that will be created.")
}

func TestDocumentsAreDeterministic(t *testing.T) {
	forwards := []openapi.Resource{pods(), deployments(), jobs()}
	backwards := []openapi.Resource{jobs(), deployments(), pods()}
	warm := newBuilder()
	warm.V3("apis/batch/v1", forwards)
	require.Equal(t, encode(t, newBuilder().V2(forwards)), encode(t, warm.V2(backwards)))
	require.Equal(t,
		encode(t, newBuilder().V3("apis/apps/v1", forwards)),
		encode(t, warm.V3("apis/apps/v1", backwards)))
}

func TestCustomResource(t *testing.T) {
	kind := schema.GroupVersionKind{Group: "stable.example.com", Version: "v1", Kind: "CronTab"}
	schema, err := openapi.CustomSchema(kind, &apiextensionsv1.JSONSchemaProps{
		Type: "object", Description: "A table of times.",
		Properties: map[string]apiextensionsv1.JSONSchemaProps{
			"spec": {Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{
				"replicas": {Type: "integer", Minimum: new(float64(1)), Default: &apiextensionsv1.JSON{Raw: []byte(`1`)}},
				"note":     {Type: "string", Nullable: true},
				"port":     {XIntOrString: true, AnyOf: []apiextensionsv1.JSONSchemaProps{{Type: "integer"}, {Type: "string"}}},
				"template": {Type: "object", XEmbeddedResource: true, XPreserveUnknownFields: new(true)},
			}},
		},
	})
	require.NoError(t, err)
	builder := newBuilder()
	resources := []openapi.Resource{{
		Kind: kind, Name: "crontabs", Namespaced: true, Verbs: allVerbs, Schema: schema,
		Subresources: []openapi.Subresource{
			{Name: "status", Kind: kind, Verbs: []string{"get", "patch", "update"}},
			{Name: "scale", Kind: autoscalingv1.SchemeGroupVersion.WithKind("Scale"), Verbs: []string{"get"}},
		},
	}}
	v3 := builder.V3("apis/stable.example.com/v1", resources)
	require.Equal(t, float64(1), field(t, v3, "com.example.stable.v1.CronTab", "spec", "replicas").Default)
	require.Contains(t, field(t, v3, "com.example.stable.v1.CronTab", "spec", "template").Properties, "metadata")
	require.Contains(t, field(t, v3, "com.example.stable.v1.CronTab", "metadata", "labels").Description, "Map of string keys")
	require.Equal(t, "#/components/schemas/com.example.stable.v1.CronTab",
		v3.Components.Schemas["com.example.stable.v1.CronTabList"].Properties["items"].Items.Schema.Ref.String())
	item := v3.Paths.Paths["/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}"]
	require.Equal(t, "readStableExampleComV1NamespacedCronTab", item.Get.OperationId)
	require.Equal(t, []string{"stableExampleCom_v1"}, item.Get.Tags)

	v2 := builder.V2(resources).Definitions["com.example.stable.v1.CronTab"]
	require.Empty(t, v2.Properties["spec"].Properties["note"].Type, "version 2 has no null")
	require.Empty(t, v2.Properties["spec"].Properties["port"].AnyOf)
	metadata := v2.Properties["metadata"]
	require.Equal(t, "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", metadata.Ref.String())
	_, err = openapi.EncodeV2(encode(t, builder.V2(resources)))
	require.NoError(t, err)
}

func TestNames(t *testing.T) {
	custom := openapi.Resource{Kind: schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}, Schema: &spec.Schema{}}
	require.Equal(t, []string{"api", "api/v1", "apis", "apis/apps", "apis/apps/v1", "apis/example.com/v1", "version"},
		openapi.Names([]openapi.Resource{pods(), deployments(), custom}))
}

func TestDiscoveryIsDescribed(t *testing.T) {
	for name, want := range map[string]string{
		"api": "getCoreAPIVersions", "apis": "getAPIVersions", "apis/rbac.authorization.k8s.io": "getRbacAuthorizationAPIGroup", "version": "getCodeVersion",
	} {
		document := newBuilder().V3(name, []openapi.Resource{pods()})
		require.Len(t, document.Paths.Paths, 1)
		require.Equal(t, want, document.Paths.Paths["/"+name+"/"].Get.OperationId)
	}
}

// Parameters that say the same stand in one place, under a name made of them.
func TestV2SharesParameters(t *testing.T) {
	v2 := newBuilder().V2([]openapi.Resource{pods()})
	item := v2.Paths.Paths["/api/v1/namespaces/{namespace}/pods/{name}"]
	require.Equal(t, "name of the Pod", item.Parameters[0].Description)
	require.Equal(t, "#/parameters/namespace-vgWSWtn3", item.Parameters[1].Ref.String())
	require.Equal(t, "namespace", v2.Parameters["namespace-vgWSWtn3"].Name)
	watch := v2.Paths.Paths["/api/v1/watch/namespaces/{namespace}/pods/{name}"]
	require.Equal(t, "watchCoreV1NamespacedPod", watch.Get.ID)
}

func TestIndex(t *testing.T) {
	index, err := openapi.Index(map[string]string{"api/v1": "AB", "apis/apps/v1": openapi.Hash(nil)[:2]})
	require.NoError(t, err)
	require.JSONEq(t, `{"paths":{
		"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=AB"},
		"apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash=CF"}}}`, string(index))
}

func TestEncodeRefusesNonsense(t *testing.T) {
	_, err := openapi.EncodeV2([]byte(`[]`))
	require.ErrorContains(t, err, "OpenAPI v2 as protobuf")
	_, err = openapi.EncodeV3([]byte(`[]`))
	require.ErrorContains(t, err, "OpenAPI v3 as protobuf")
}

// What refers to itself, as the schemas within definitions of custom resources
// do, ends in an object of which nothing is known.
func TestInlined(t *testing.T) {
	definitions := runtime.NewScheme()
	require.NoError(t, apiextensionsv1.AddToScheme(definitions))
	kind := apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition")
	s := openapi.NewBuilder(definitions, "").Inlined(kind, nil)
	require.Equal(t, spec.StringOrArray{"string"}, s.Properties["metadata"].Properties["name"].Type)
	schema := s.Properties["spec"].Properties["versions"].Items.Schema.Properties["schema"].Properties["openAPIV3Schema"]
	require.Equal(t, spec.StringOrArray{"string"}, schema.Properties["pattern"].Type)
	not := schema.Properties["not"]
	require.Equal(t, spec.StringOrArray{"object"}, not.Type)
	require.Empty(t, not.Properties)
	require.Nil(t, newBuilder().Inlined(kind.GroupVersion().WithKind("Nothing"), nil))
}
