package apiserver_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	deployment = `{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}}`
	leases     = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
)

// What writes are refused for, of the ConfigMap "a", the Deployment "d" and the
// Lease "l". UID stands for that of the object at the path.
func TestRefusedWrites(t *testing.T) {
	tests := []struct {
		name    string
		request []string // method, path, body, headers
		code    int32
		message string
	}{
		{"create with a version", []string{"POST", configMaps, `{"metadata":{"name":"b","resourceVersion":"5"}}`}, 500,
			`resourceVersion should not be set on objects to be created`},
		{"create what is there, with its version", []string{"POST", configMaps, `{"metadata":{"name":"a","resourceVersion":"5"}}`}, 500,
			`resourceVersion should not be set on objects to be created`},

		{"update by another name", []string{"PUT", configMaps + "/a", `{"metadata":{"name":"b"}}`}, 400,
			`the name of the object (b) does not match the name on the URL (a)`},
		{"update by another name of what is not there", []string{"PUT", configMaps + "/x", `{"metadata":{"name":"b"}}`}, 400,
			`the name of the object (b) does not match the name on the URL (x)`},
		{"update without a name", []string{"PUT", configMaps + "/a", `{}`}, 400,
			`the name of the object (a based on URL) was undeterminable: name must be provided`},
		{"update in another namespace", []string{"PUT", configMaps + "/a", `{"metadata":{"name":"a","namespace":"x"}}`}, 400,
			`the namespace of the provided object does not match the namespace sent on the request`},
		{"update of what is not there", []string{"PUT", configMaps + "/x", `{"metadata":{"name":"x","uid":"u"}}`}, 404,
			`configmaps "x" not found`},
		{"update of another object", []string{"PUT", configMaps + "/a", `{"metadata":{"name":"a","uid":"u"}}`}, 409,
			`Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: UID`},
		{"update that would create another object", []string{"PUT", leases + "/x", `{"metadata":{"name":"x","uid":"u"}}`}, 409,
			`Operation cannot be fulfilled on leases.coordination.k8s.io "x": StorageError: invalid object, Code: 4, Key: /registry/leases/default/x, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: `},
		{"update of an old version", []string{"PUT", configMaps + "/a", `{"metadata":{"name":"a","resourceVersion":"1"}}`}, 409,
			`Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again`},
		{"update of no version", []string{"PUT", configMaps + "/a", `{"metadata":{"name":"a","resourceVersion":"x"}}`}, 500,
			`strconv.ParseUint: parsing "x": invalid syntax`},
		{"unconditional update where none is allowed", []string{"PUT", leases + "/l", `{"metadata":{"name":"l"}}`}, 422,
			`leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`},

		{"patch of the name", []string{"PATCH", configMaps + "/a", `{"metadata":{"name":"b"}}`, mergePatch}, 400,
			`the name of the object (b) does not match the name on the URL (a)`},
		{"patch of the UID", []string{"PATCH", configMaps + "/a", `{"metadata":{"uid":"u"}}`, mergePatch}, 422,
			`ConfigMap "a" is invalid: metadata.uid: Invalid value: "u": field is immutable`},
		{"patch of an old version", []string{"PATCH", configMaps + "/a", `{"metadata":{"resourceVersion":"1"}}`, mergePatch}, 409,
			`Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again`},
		{"patch of what is not there", []string{"PATCH", configMaps + "/x", `{}`, mergePatch}, 404, `configmaps "x" not found`},
		{"patch of no known type", []string{"PATCH", configMaps + "/a", `{}`, "Content-Type: application/json"}, 415,
			`415: Unsupported Media Type`},
		{"JSON patch that is no list", []string{"PATCH", configMaps + "/a", `{}`, jsonPatch}, 400,
			`error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp`},
		{"JSON patch whose test fails", []string{"PATCH", configMaps + "/a", `[{"op":"test","path":"/metadata/name","value":"x"}]`, jsonPatch}, 422,
			`the server rejected our request due to an error in our request`},
		{"merge patch that is no object", []string{"PATCH", configMaps + "/a", `[]`, mergePatch}, 400,
			`error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}`},
		{"strategic patch of the wrong type", []string{"PATCH", configMaps + "/a", `{"data":5}`, strategicPatch}, 422,
			` "" is invalid: patch: Invalid value: "map[data:5]": cannot restore map from int64`},
		{"strategic patch, strictly", []string{"PATCH", configMaps + "/a?fieldValidation=Strict", `{"foo":1,"data":{"a":"1","a":"2"}}`, strategicPatch}, 422,
			` "" is invalid: patch: Invalid value: "map[data:map[a:2] foo:1]": strict decoding error: duplicate field "data.a", unknown field "foo"`},
		{"force without apply", []string{"PATCH", configMaps + "/a?force=true", `{}`, mergePatch}, 422,
			`PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch`},

		{"apply by nobody", []string{"PATCH", configMaps + "/a", `{"apiVersion":"v1","kind":"ConfigMap"}`, applyPatch}, 422,
			`PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`},
		{"apply of no YAML", []string{"PATCH", configMaps + "/a?fieldManager=m", `a: [`, applyPatch}, 400,
			`error decoding patch: error converting YAML to JSON: yaml: line 1: did not find expected node content`},
		{"apply of another kind", []string{"PATCH", configMaps + "/a?fieldManager=m", `{"apiVersion":"v1","kind":"Secret"}`, applyPatch}, 400,
			`invalid object type: /v1, Kind=Secret`},
		{"apply of managed fields", []string{"PATCH", configMaps + "/a?fieldManager=m", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[]}}`, applyPatch}, 400,
			`metadata.managedFields must be nil`},
		{"apply of an unknown field", []string{"PATCH", configMaps + "/a?fieldManager=m", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"default","name":"a"},"foo":1}`, applyPatch}, 500,
			`failed to create typed patch object (default/a; /v1, Kind=ConfigMap): .foo: field not declared in schema`},
		{"apply of the wrong type", []string{"PATCH", configMaps + "/a?fieldManager=m", `{"apiVersion":"v1","kind":"ConfigMap","data":{"k":1}}`, applyPatch}, 500,
			`failed to create typed patch object (/; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:1}`},
		{"apply of duplicate fields, strictly", []string{"PATCH", configMaps + "/a?fieldManager=m&fieldValidation=Strict", `{"apiVersion":"v1","kind":"ConfigMap","data":{"k":"1","k":"2"}}`, applyPatch}, 400,
			"error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key \"k\" already set in map"},
		{"apply to another object", []string{"PATCH", configMaps + "/a?fieldManager=m", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"uid":"u"}}`, applyPatch}, 422,
			`ConfigMap "a" is invalid: metadata.uid: Invalid value: "u": field is immutable`},
		{"apply of one that was there", []string{"PATCH", configMaps + "/x?fieldManager=m", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","uid":"u"}}`, applyPatch}, 409,
			`Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid u, and no existing object was found`},

		{"delete of another object", []string{"DELETE", deployments + "/d", `{"preconditions":{"uid":"u"}}`}, 409,
			`Operation cannot be fulfilled on Deployment.apps "d": the UID in the precondition (u) does not match the UID in record (UID). The object might have been deleted and then recreated`},
		{"delete of an old version", []string{"DELETE", configMaps + "/a", `{"preconditions":{"resourceVersion":"1"}}`}, 409,
			`Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (2). The object might have been modified`},
		{"delete with two policies", []string{"DELETE", configMaps + "/a", `{"orphanDependents":true,"propagationPolicy":"Orphan"}`}, 422,
			`DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set`},
		{"delete with no known policy", []string{"DELETE", configMaps + "/a?propagationPolicy=Foo", ""}, 422,
			`DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"`},
		{"delete with no number", []string{"DELETE", configMaps + "/a?gracePeriodSeconds=x", ""}, 400,
			`strconv.ParseInt: parsing "x": invalid syntax`},

		{"scale by another name", []string{"PUT", deployments + "/d/scale", `{"metadata":{"name":"e"},"spec":{"replicas":2}}`}, 400,
			`the name of the object (e) does not match the name on the URL (d)`},
		{"scale below nothing", []string{"PUT", deployments + "/d/scale", `{"metadata":{"name":"d"},"spec":{"replicas":-1}}`}, 422,
			`Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0`},
		{"scale of another object", []string{"PUT", deployments + "/d/scale", `{"metadata":{"name":"d","uid":"u"},"spec":{"replicas":2}}`}, 409,
			`Operation cannot be fulfilled on deployments.apps "d": StorageError: invalid object, Code: 4, Key: /registry/deployments/default/d, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: UID`},
		{"delete of a part", []string{"DELETE", deployments + "/d/status", ""}, 405,
			`the server does not allow this method on the requested resource`},
	}
	c := newCluster(t)
	c.create(configMaps, cmA)
	c.create(deployments, deployment)
	c.create(leases, `{"metadata":{"name":"l"}}`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, before, _ := c.ask("GET", tt.request[1], "")
			var object metav1.PartialObjectMetadata
			_ = json.Unmarshal([]byte(before), &object) // not all are there
			_, answer, _ := c.ask(tt.request[0], tt.request[1], tt.request[2], tt.request[3:]...)
			var status metav1.Status
			require.NoError(t, json.Unmarshal([]byte(answer), &status), answer)
			message := status.Message
			if uid := string(object.UID); uid != "" {
				message = strings.ReplaceAll(message, uid, "UID")
			}
			require.Equal(t, tt.message, message)
			require.Equal(t, tt.code, status.Code)
			_, after, _ := c.ask("GET", tt.request[1], "")
			require.Equal(t, before, after, "nothing is changed")
		})
	}
}
