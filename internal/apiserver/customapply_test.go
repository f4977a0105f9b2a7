package apiserver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Custom resources are merged by the schema of their definition: maps by key,
// lists of type map by their keys, sets by value, everything else as a whole.
func TestServerSideApplyOfCustomResources(t *testing.T) {
	const config = "apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: a}\nspec: "
	apply := func(c *cluster, manager, spec string) (int, string) {
		code, body, _ := c.ask("PATCH", crontabs+"/a?fieldManager="+manager, config+spec, applyPatch)
		return code, body
	}
	tests := []struct {
		name       string
		alice, bob string
		code       int
		answer     string
	}{
		{name: "elements of a list with keys", alice: `{ports: [{port: 80, name: a}]}`, bob: `{ports: [{port: 81, name: b}]}`,
			code: 200, answer: `"ports":[{"name":"a","port":80},{"name":"b","port":81}]`},
		{name: "one element of a list with keys", alice: `{ports: [{port: 80, name: a}]}`, bob: `{ports: [{port: 80, name: b}]}`,
			code: 409, answer: `Apply failed with 1 conflict: conflict with \"alice\": .spec.ports[port=80].name`},
		{name: "sets", alice: `{tags: [a, b]}`, bob: `{tags: [b, c]}`, code: 200, answer: `"tags":["a","b","c"]`},
		{name: "lists are atomic", alice: `{args: [x]}`, bob: `{args: [z]}`, code: 409, answer: `conflict with \"alice\": .spec.args`},
		{name: "atomic maps", alice: `{whole: {a: b}}`, bob: `{whole: {c: d}}`, code: 409, answer: `conflict with \"alice\": .spec.whole`},
		{name: "unknown fields are kept where the schema says so", alice: `{free: {a: {b: 1}}}`, bob: `{free: {a: {c: 2}}}`,
			code: 200, answer: `"free":{"a":{"b":1,"c":2}}`},
		{name: "the same", alice: `{replicas: 3, max: 50%}`, bob: `{replicas: 3, max: 50%}`, code: 200, answer: `"max":"50%"`},
		{name: "a default is nobody's", alice: `{cronSpec: x}`, bob: `{replicas: 5}`, code: 200, answer: `"replicas":5`},
		{name: "elements without their key", alice: `{cronSpec: x}`, bob: `{ports: [{name: b}]}`,
			code: 500, answer: `.spec.ports: element 0: associative list with keys has an element that omits all key fields [\"port\"]`},
		{name: "unknown fields", alice: `{cronSpec: x}`, bob: `{foo: 1}`, code: 500, answer: `failed to create typed patch object (/a; stable.example.com/v1, Kind=CronTab): .spec.foo: field not declared in schema`},
		{name: "wrong types", alice: `{cronSpec: x}`, bob: `{tags: x}`, code: 500, answer: `.spec.tags: expected list`},
		{name: "invalid values", alice: `{cronSpec: x}`, bob: `{replicas: -1}`, code: 422, answer: `spec.replicas in body should be greater than or equal to 0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := withCronTabs(t)
			code, body := apply(c, "alice", tt.alice)
			require.Equal(t, 201, code, body)
			code, body = apply(c, "bob", tt.bob)
			require.Contains(t, body, tt.answer)
			require.Equal(t, tt.code, code)
		})
	}
}

// Who applies again what is there changes nothing, and who leaves a field out
// gives it up.
func TestApplyingCustomResourcesAgain(t *testing.T) {
	c := withCronTabs(t)
	apply := func(config string) string {
		code, body, _ := c.ask("PATCH", crontabs+"/a?fieldManager=kubectl", config, applyPatch)
		require.Less(t, code, 300, body)
		return body
	}
	first := apply(crontab)
	require.Contains(t, first, `"managedFields":[{"apiVersion":"stable.example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:cronSpec":{},"f:ports":{"k:{\"port\":80}":{".":{},"f:name":{},"f:port":{}}},"f:replicas":{},"f:tags":{"v:\"x\"":{}}}},"manager":"kubectl","operation":"Apply","time":"2026-01-01T00:00:00Z"}]`)
	require.Contains(t, first, `"generation":1`)
	require.Equal(t, first, apply(crontab), "nothing has changed")

	less := apply(strings.Replace(crontab, `,"tags":["x"]`, "", 1))
	require.NotContains(t, less, `"tags"`)
	require.Contains(t, less, `"generation":2`)
}

// The status is the controller's, whatever an apply says of it.
func TestOwnersOfCustomResourcesStatus(t *testing.T) {
	c := withCronTabs(t)
	c.create(crontabs, crontab)
	code, body, _ := c.ask("PATCH", crontabs+"/a/status", `{"status":{"ready":1},"spec":{"replicas":9}}`, mergePatch, "User-Agent: controller")
	require.Equal(t, 200, code, body)
	require.Contains(t, body, `"replicas":2`)
	require.Contains(t, body, `"fieldsV1":{"f:status":{".":{},"f:ready":{}}},"manager":"controller","operation":"Update","subresource":"status"`)

	config := strings.Replace(crontab, `"spec":`, `"status":{"ready":5},"spec":`, 1)
	code, body, _ = c.ask("PATCH", crontabs+"/a?fieldManager=alice&force=true", config, applyPatch)
	require.Equal(t, 200, code, body)
	require.Contains(t, body, `"status":{"ready":1}`)
	alices, _, _ := strings.Cut(body, `"manager":"alice"`)
	require.NotContains(t, alices, "f:status")
}
