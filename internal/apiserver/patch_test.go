package apiserver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	jsonPatch      = "Content-Type: application/json-patch+json"
	mergePatch     = "Content-Type: application/merge-patch+json"
	strategicPatch = "Content-Type: application/strategic-merge-patch+json"
	applyPatch     = "Content-Type: application/apply-patch+yaml"
)

func TestPatches(t *testing.T) {
	tests := []struct {
		name, contentType, patch string
		code                     int
		answer                   string
	}{
		{"JSON patch", jsonPatch, `[{"op":"replace","path":"/data/k","value":"w"}]`, 200, `"data":{"k":"w"}`},
		{"JSON patch that does not fit", jsonPatch, `[{"op":"remove","path":"/data/none"}]`, 422, `"message":"the server rejected our request due to an error in our request","reason":"Invalid","details":{},"code":422`},
		{"JSON patch that is none", jsonPatch, `{}`, 400, "error decoding patch: json: cannot unmarshal object into Go value of type []"},
		{"merge patch", mergePatch, `{"data":{"k":null,"l":"1"}}`, 200, `"data":{"l":"1"}`},
		{"merge patch of another version", mergePatch, `{"metadata":{"resourceVersion":"1"}}`, 409, "the object has been modified; please apply your changes to the latest version and try again"},
		{"strategic merge patch", strategicPatch, `{"data":{"l":"1"}}`, 200, `"data":{"k":"v","l":"1"}`},
		{"wrong type of field", strategicPatch, `{"data":{"l":1}}`, 422, `" \"\" is invalid: patch: Invalid value: \"map[data:map[l:1]]\": cannot convert int64 to string"`},
		{"nothing changes", mergePatch, `{"data":{"k":"v"}}`, 200, `"resourceVersion":"2"`},
		{"no patch", "Content-Type: text/plain", `{}`, 415, "415: Unsupported Media Type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t)
			c.create(configMaps, cmA)
			code, body, _ := c.ask("PATCH", configMaps+"/a", tt.patch, tt.contentType)
			require.Contains(t, body, tt.answer)
			require.Equal(t, tt.code, code)
		})
	}
}

func TestServerSideApply(t *testing.T) {
	c := newCluster(t)
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "
	code, body, _ := c.ask("PATCH", configMaps+"/a?fieldManager=alice", config+"v", applyPatch)
	require.Equal(t, 201, code, body)
	require.Contains(t, body, `"managedFields":[{"manager":"alice","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k":{}}}}]`)

	code, body, _ = c.ask("PATCH", configMaps+"/a?fieldManager=alice", config+"v", applyPatch)
	require.Equal(t, 200, code)
	require.Contains(t, body, `"resourceVersion":"2"`, "nothing has changed")

	code, body, _ = c.ask("PATCH", configMaps+"/a?fieldManager=bob", config+"w", applyPatch)
	require.Equal(t, 409, code)
	require.Contains(t, body, `"message":"Apply failed with 1 conflict: conflict with \"alice\": .data.k","reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"alice\"","field":".data.k"}]},"code":409`)

	code, body, _ = c.ask("PATCH", configMaps+"/a?fieldManager=bob&force=true", config+"w", applyPatch)
	require.Equal(t, 200, code)
	require.Contains(t, body, `"managedFields":[{"manager":"bob","operation":"Apply"`)

	code, body, _ = c.ask("PATCH", configMaps+"/a", config+"w", applyPatch)
	require.Equal(t, 422, code)
	require.Contains(t, body, "PatchOptions.meta.k8s.io \\\"\\\" is invalid: fieldManager: Required value: is required for apply patch")

	code, body, _ = c.ask("PATCH", configMaps+"/a?fieldManager=bob", config+"w\nfoo: bar", applyPatch)
	require.Equal(t, 500, code)
	require.Contains(t, body, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema")
}

func TestVerbsOnOtherPaths(t *testing.T) {
	c := newCluster(t)
	for _, at := range []string{"PATCH " + configMaps, "PUT " + configMaps, "POST " + configMaps + "/a"} {
		method, path, _ := strings.Cut(at, " ")
		code, body, _ := c.ask(method, path, cmA, "Content-Type: application/merge-patch+json")
		require.Equal(t, 405, code, "%s: %s", at, body)
	}
}

func TestManagedFieldsOfUpdates(t *testing.T) {
	c := newCluster(t)
	c.ask("POST", configMaps+"?fieldManager=alice", cmA)
	_, body, _ := c.ask("PATCH", configMaps+"/a", `{"data":{"k":"w"}}`, mergePatch, "User-Agent: bob/1.0 (linux)")
	require.Contains(t, body, `"managedFields":[{"manager":"alice","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{},"f:metadata":{"f:labels":{".":{},"f:app":{}}}}},{"manager":"bob","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k":{}}}}]`)

	code, again, _ := c.ask("PUT", configMaps+"/a", body, "User-Agent: carol")
	require.Equal(t, 200, code)
	require.Equal(t, body, again, "a client that writes back what it got changes nothing")
}
