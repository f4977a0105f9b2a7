package fakecluster_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// curl is a plain HTTP client of a served cluster.
type curl struct {
	t      testing.TB
	client *http.Client
	url    string
}

func newCurl(t testing.TB, config *rest.Config) curl {
	t.Helper()
	transport, err := rest.TransportFor(config)
	require.NoError(t, err)
	return curl{t: t, client: &http.Client{Transport: transport}, url: config.Host}
}

// do sends a request with headers given as pairs, and returns the answer, whose
// body the test closes.
func (c curl) do(method, path, body string, headers ...string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	require.NoError(c.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.client.Do(r)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { response.Body.Close() })
	return response
}

// read is the whole body of an answer.
func (c curl) read(r *http.Response) string {
	c.t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(c.t, err)
	return string(body)
}

func TestRequestsThatAreRefused(t *testing.T) {
	c := newCurl(t, overHTTPS(t, newCluster(t)))
	const maps = "/api/v1/namespaces/default/configmaps"
	const valid = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		code                     int
		reason                   metav1.StatusReason
		message                  string
	}{
		{"an unknown object", "GET", maps + "/nobody", "", nil,
			404, metav1.StatusReasonNotFound, `configmaps "nobody" not found`},
		{"an unknown resource", "GET", "/api/v1/namespaces/default/widgets", "", nil,
			404, metav1.StatusReasonNotFound, "the server could not find the requested resource"},
		{"a verb that there is not", "POST", maps + "/a", valid, []string{"Content-Type", "application/json"},
			405, metav1.StatusReasonMethodNotAllowed, "the server does not allow this method on the requested resource"},
		{"a format that nobody speaks", "GET", maps, "", []string{"Accept", "text/csv"},
			406, metav1.StatusReasonNotAcceptable, "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"},
		{"a body that nobody reads", "POST", maps, valid, []string{"Content-Type", "text/csv"},
			415, metav1.StatusReasonUnsupportedMediaType, "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"},
		{"a patch that nobody knows", "PATCH", maps + "/a", "{}", []string{"Content-Type", "application/json"},
			415, metav1.StatusReasonUnsupportedMediaType, "415: Unsupported Media Type"},
		{"what is too large", "POST", maps, `{"metadata":{"name":"` + strings.Repeat("a", 10<<20) + `"}}`, []string{"Content-Type", "application/json"},
			413, metav1.StatusReasonRequestEntityTooLarge, "Request entity too large: limit is 3145728"},
		{"what is no JSON", "POST", maps, `{"metadata":`, []string{"Content-Type", "application/json"},
			400, metav1.StatusReasonBadRequest, `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":)`},
		{"a selector that can't be", "GET", maps + "?fieldSelector=data.colour%3Dred", "", nil,
			400, metav1.StatusReasonBadRequest, `"data.colour" is not a known field selector: only "metadata.name", "metadata.namespace"`},
		{"a revision to come", "GET", maps + "?resourceVersion=999999&resourceVersionMatch=NotOlderThan", "", nil,
			504, metav1.StatusReasonTimeout, "Too large resource version: 999999, current: "},
		{"a revision that can't be", "GET", maps + "?resourceVersion=yesterday", "", nil,
			400, metav1.StatusReasonBadRequest, `strconv.ParseUint: parsing "yesterday": invalid syntax`},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := c.do(test.method, test.path, test.body, test.headers...)
			body := c.read(response)
			require.Equal(t, test.code, response.StatusCode, body)
			require.Equal(t, "application/json", response.Header.Get("Content-Type"))
			var status metav1.Status
			require.NoError(t, json.Unmarshal([]byte(body), &status), body)
			require.Equal(t, "Status", status.Kind)
			require.Equal(t, "Failure", status.Status)
			require.EqualValues(t, test.code, status.Code)
			require.Equal(t, test.reason, status.Reason)
			require.Contains(t, status.Message, test.message)
		})
	}
}

// TestPlainAnswers are of what scripts ask for with curl.
func TestPlainAnswers(t *testing.T) {
	c := newCurl(t, overHTTPS(t, newCluster(t)))
	for path, want := range map[string]string{
		"/healthz":                   "ok",
		"/livez":                     "ok",
		"/readyz?verbose":            "[+]ping ok",
		"/version":                   `"gitVersion": "v1.37.2"`,
		"/api":                       `"versions":["v1"]`,
		"/apis":                      `"name":"apps"`,
		"/apis/apps":                 `"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}`,
		"/apis/apps/v1":              `"name":"deployments/scale"`,
		"/api/v1/namespaces/default": `"name":"default"`,
		"/":                          `"/apis/apps/v1"`,
		"/openapi/v3":                `"apis/apps/v1"`,
		"/metrics":                   "# TYPE apiserver_resource_objects gauge",
	} {
		response := c.do("GET", path, "")
		body := c.read(response)
		require.Equal(t, 200, response.StatusCode, path)
		require.Contains(t, body, want, path)
		require.NotEmpty(t, response.Header.Get("Date"), path)
	}
}

func TestTables(t *testing.T) {
	config := overHTTPS(t, newCluster(t))
	createConfigMaps(t, kubernetes.NewForConfigOrDie(config), 2)
	c := newCurl(t, config)
	body := c.read(c.do("GET", "/api/v1/namespaces/default/configmaps?labelSelector=test", "",
		"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"))
	var table metav1.Table
	require.NoError(t, json.Unmarshal([]byte(body), &table))
	require.Equal(t, "Table", table.Kind)
	require.Equal(t, "Name", table.ColumnDefinitions[0].Name)
	require.Len(t, table.Rows, 2)
	require.Equal(t, "map-00", table.Rows[0].Cells[0])
	require.Contains(t, string(table.Rows[0].Object.Raw), `"kind":"PartialObjectMetadata"`)
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	config := overHTTPS(t, newCluster(t))
	createConfigMaps(t, kubernetes.NewForConfigOrDie(config), 2)
	c := newCurl(t, config)
	small := c.do("GET", "/api/v1/namespaces/default/configmaps", "", "Accept-Encoding", "gzip")
	require.Empty(t, small.Header.Get("Content-Encoding"))
	large := c.do("GET", "/openapi/v2", "", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", large.Header.Get("Content-Encoding"))
	unzipped, err := gzip.NewReader(large.Body)
	require.NoError(t, err)
	require.True(t, json.NewDecoder(unzipped).Decode(&struct{}{}) == nil, "it is JSON")
}

// TestWatchFraming reads a watch as curl shows it: a line per event.
func TestWatchFraming(t *testing.T) {
	config := overHTTPS(t, newCluster(t))
	client := kubernetes.NewForConfigOrDie(config)
	createConfigMaps(t, client, 1)
	c := newCurl(t, config)
	response := c.do("GET", "/api/v1/namespaces/default/configmaps?watch=1&labelSelector=test", "")
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, "application/json", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	require.True(t, lines.Scan())
	require.True(t, strings.HasPrefix(lines.Text(), `{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1",`), lines.Text())
	require.NoError(t, client.CoreV1().ConfigMaps("default").Delete(t.Context(), "map-00", metav1.DeleteOptions{}))
	require.True(t, lines.Scan())
	require.True(t, strings.HasPrefix(lines.Text(), `{"type":"DELETED",`))
}

// TestStrangersAreTurnedAway has clients without credentials, and with wrong
// ones.
func TestStrangersAreTurnedAway(t *testing.T) {
	config := rest.AnonymousClientConfig(overHTTPS(t, newCluster(t)))
	for name, config := range map[string]*rest.Config{"nobody": config, "a wrong token": withToken(config, "guessed")} {
		_, err := kubernetes.NewForConfigOrDie(config).CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
		require.Error(t, err, name)
		require.Contains(t, []metav1.StatusReason{metav1.StatusReasonUnauthorized, metav1.StatusReasonForbidden}, reasonOf(err), name)
	}
}
