package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	configMaps = "/api/v1/namespaces/default/configmaps"
	cmA        = `{"metadata":{"name":"a","labels":{"app":"x"}},"data":{"k":"v"}}`
)

// What a client gets for what can't be done, as kube-apiserver says it.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		request []string // method, path, body, headers
		code    int
		answer  string // a part of it
	}{
		{"unknown path", []string{"GET", "/nonsense", ""}, 404, "404 page not found"},
		{"unknown group", []string{"GET", "/apis/none/v1/things", ""}, 404, "404 page not found"},
		{"unknown resource", []string{"GET", "/api/v1/things", ""}, 404, `"message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404`},
		{"no such verb", []string{"POST", "/api/v1/configmaps", cmA}, 405, `"message":"the server does not allow this method on the requested resource","reason":"MethodNotAllowed","details":{},"code":405`},
		{"not there", []string{"GET", configMaps + "/b", ""}, 404, `"message":"configmaps \"b\" not found","reason":"NotFound","details":{"name":"b","kind":"configmaps"},"code":404`},
		{"format of the answer", []string{"GET", configMaps, "", "Accept: text/html"}, 406, "\"message\": \"406: Not Acceptable\\n\\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch\",\n  \"reason\": \"NotAcceptable\",\n  \"details\": {},\n  \"code\": 406\n}"},
		{"CBOR answer", []string{"GET", configMaps, "", "Accept: application/cbor"}, 406, "406: Not Acceptable"},
		{"CBOR body", []string{"POST", configMaps, "x", "Content-Type: application/cbor"}, 415, "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"},
		{"no JSON", []string{"POST", configMaps, `{"metadata"`}, 400, `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({\"metadata\")`},
		{"another kind", []string{"POST", configMaps, `{"kind":"Pod","apiVersion":"v1"}`}, 400, `Pod in version \"v1\" cannot be handled as a ConfigMap`},
		{"another version", []string{"POST", configMaps, `{"kind":"ConfigMap","apiVersion":"v2"}`}, 400, `is registered for version`},
		{"wrong type of field", []string{"POST", configMaps, `{"data":{"a":1}}`}, 400, `ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string`},
		{"unknown field, strictly", []string{"POST", configMaps + "?fieldValidation=Strict", `{"metadata":{"name":"a"},"foo":{"bar":1},"data":{"a":"1","a":"2"}}`}, 400, `ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"foo\", duplicate field \"data.a\"`},
		{"no name", []string{"POST", configMaps, `{}`}, 422, `ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required`},
		{"dryRun", []string{"POST", configMaps + "?dryRun=some", cmA}, 422, `CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"some\"]: supported values: \"All\"`},
		{"field selector", []string{"GET", configMaps + "?fieldSelector=foo.bar%3Dbaz", ""}, 400, `\"foo.bar\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"`},
		{"label selector", []string{"GET", configMaps + "?labelSelector=a+b", ""}, 400, `unable to parse requirement`},
		{"revision to come", []string{"GET", configMaps + "?resourceVersion=99", ""}, 504, `"message":"Timeout: Too large resource version: 99, current: 1","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1},"code":504`},
		{"match without version", []string{"GET", configMaps + "?resourceVersionMatch=Exact", ""}, 422, `resourceVersionMatch is forbidden unless resourceVersion is provided`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, body, _ := newCluster(t).ask(tt.request[0], tt.request[1], tt.request[2], tt.request[3:]...)
			require.Contains(t, body, tt.answer)
			require.Equal(t, tt.code, code)
		})
	}
}

func TestBodyTooLarge(t *testing.T) {
	body := make([]byte, 3*1024*1024+1)
	code, answer, _ := newCluster(t).ask("POST", configMaps, string(body))
	require.Equal(t, 413, code)
	require.Contains(t, answer, "Request entity too large: limit is 3145728")
}

func TestFieldWarnings(t *testing.T) {
	c := newCluster(t)
	code, _, header := c.ask("POST", configMaps, `{"metadata":{"name":"a"},"foo":1}`)
	require.Equal(t, 201, code)
	require.Equal(t, []string{`299 - "unknown field \"foo\""`}, header["Warning"])
	require.Equal(t, "Thu, 01 Jan 2026 00:00:00 GMT", header.Get("Date"))
}

func TestEncodings(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	_, compact, _ := c.ask("GET", configMaps+"/a", "")
	require.Regexp(t, `^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a",.*\},"data":\{"k":"v"\}\}\n$`, compact)
	_, pretty, _ := c.ask("GET", configMaps+"/a?pretty=true", "")
	require.Contains(t, pretty, "{\n  \"kind\": \"ConfigMap\",\n")
	_, yaml, _ := c.ask("GET", configMaps, "", "Accept: application/yaml")
	require.Contains(t, yaml, "kind: ConfigMapList\nmetadata:\n  resourceVersion: \"2\"\n")
	_, list, _ := c.ask("GET", configMaps, "")
	require.Regexp(t, `^\{"kind":"ConfigMapList","apiVersion":"v1","metadata":\{"resourceVersion":"2"\},"items":\[\{.*\}\]\}\n$`, list)
}

func TestTables(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	const table = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
	_, body, _ := c.ask("GET", configMaps, "", table)
	require.Contains(t, body, `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"2"},"columnDefinitions":[{"name":"Name","type":"string","format":"name"`)
	require.Contains(t, body, `"rows":[{"cells":["a",1,"0s"],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a"`)
	_, body, _ = c.ask("GET", configMaps+"/a?includeObject=Object", "", table)
	require.Contains(t, body, `"object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"`)
	_, body, _ = c.ask("GET", configMaps+"?includeObject=None", "", table)
	require.Contains(t, body, `"rows":[{"cells":["a",1,"0s"],"object":null}]`)
	_, body, _ = c.ask("GET", configMaps, "", "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")
	require.Contains(t, body, `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"2"},"items":[{"kind":"PartialObjectMetadata",`)
}

func TestDeletionAnswers(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	code, body, _ := c.ask("DELETE", configMaps+"/a", "")
	require.Equal(t, 200, code)
	require.Regexp(t, `^\{"kind":"Status","apiVersion":"v1","metadata":\{\},"status":"Success","details":\{"name":"a","kind":"configmaps","uid":"[-0-9a-f]{36}"\}\}\n$`, body)

	c.create(configMaps, cmA)
	c.create(configMaps, `{"metadata":{"name":"b"}}`)
	code, body, _ = c.ask("DELETE", configMaps+"?labelSelector=app%3Dx", "")
	require.Equal(t, 200, code)
	require.Contains(t, body, `"kind":"ConfigMapList"`)
	_, body, _ = c.ask("GET", configMaps, "")
	require.NotContains(t, body, `"name":"a"`)
	require.Contains(t, body, `"name":"b"`)
}

func TestPaging(t *testing.T) {
	c := newCluster(t)
	for _, name := range []string{"a", "b", "c"} {
		c.create(configMaps, `{"metadata":{"name":"`+name+`"}}`)
	}
	client := c.client().CoreV1().ConfigMaps("default")
	options := everything
	options.Limit = 2
	first, err := client.List(ctx(t), options)
	require.NoError(t, err)
	require.Len(t, first.Items, 2)
	require.EqualValues(t, 1, *first.RemainingItemCount)

	c.create(configMaps, `{"metadata":{"name":"d"}}`)
	options.Continue = first.Continue
	second, err := client.List(ctx(t), options)
	require.NoError(t, err)
	require.Len(t, second.Items, 1, "the second page is of the revision of the first")
	require.Equal(t, first.ResourceVersion, second.ResourceVersion)

	c.do(func() { c.registry.Store.Compact(c.registry.Store.Revision()) })
	_, err = client.List(ctx(t), options)
	require.ErrorContains(t, err, "The provided continue parameter is too old to display a consistent list result.")
}
