package apiserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// withHistory has the config maps a (revision 2), b (3) and c (4), then a
// changed (5) and b deleted (6); what is older than 3 is forgotten.
func withHistory(t *testing.T) *cluster {
	c := newCluster(t)
	for _, name := range []string{"a", "b", "c"} {
		c.create(configMaps, fmt.Sprintf(`{"metadata":{"name":%q}}`, name))
	}
	code, body, _ := c.ask("PATCH", configMaps+"/a", `{"data":{"k":"v"}}`, mergePatch)
	require.Equal(t, 200, code, body)
	code, body, _ = c.ask("DELETE", configMaps+"/b", "")
	require.Equal(t, 200, code, body)
	c.do(func() { c.registry.Store.Compact(3) })
	return c
}

// Lists and gets by resourceVersion, as
// https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
// has them.
func TestReadsByVersion(t *testing.T) {
	c := withHistory(t)
	_, first, _ := c.ask("GET", configMaps+"?limit=1", "")
	token := continueOf(t, first)
	_, old, _ := c.ask("GET", configMaps+"?limit=1&resourceVersion=3", "")
	oldToken := continueOf(t, old)
	c.do(func() { c.registry.Store.Compact(4) })

	tests := []struct {
		query string
		want  string // names and versions @ the list's version, or the refusal
	}{
		{"", "a@5 c@4 @6"},
		{"?resourceVersion=0", "a@5 c@4 @6"},
		{"?resourceVersion=5", "a@5 c@4 @6"},
		{"?resourceVersion=5&resourceVersionMatch=NotOlderThan", "a@5 c@4 @6"},
		{"?resourceVersion=0&resourceVersionMatch=NotOlderThan", "a@5 c@4 @6"},
		{"?resourceVersion=5&resourceVersionMatch=Exact", "a@5 b@3 c@4 @5"},
		{"?resourceVersion=4&resourceVersionMatch=Exact", "a@2 b@3 c@4 @4"},
		{"?resourceVersion=3&resourceVersionMatch=Exact", "410 Expired: The resourceVersion for the provided list is too old."},
		{"?limit=1", "a@5 @6 and 1 more"},
		{"?limit=2", "a@5 c@4 @6"},
		{"?limit=1&resourceVersion=0", "a@5 c@4 @6"},
		{"?limit=1&resourceVersion=4", "a@2 @4 and 2 more"},
		{"?limit=1&resourceVersion=4&resourceVersionMatch=NotOlderThan", "a@5 @6 and 1 more"},
		{"?limit=1&resourceVersion=4&resourceVersionMatch=Exact", "a@2 @4 and 2 more"},
		{"?limit=1&fieldSelector=metadata.namespace%3Ddefault", "a@5 @6 and more"},
		{"?continue=" + token, "c@4 @6"},
		{"?continue=" + token + "&resourceVersion=0", "c@4 @6"},
		{"?continue=" + token + "&resourceVersion=6", "400 BadRequest: specifying resource version is not allowed when using continue"},
		{"?continue=" + token + "&resourceVersionMatch=Exact", "422 Invalid: ListOptions.meta.k8s.io \"\" is invalid: " +
			"[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, " +
			"resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided]"},
		{"?continue=" + oldToken, "410 Expired: The provided continue parameter is too old"},
		{"?continue=nonsense", "400 BadRequest: invalid continue token: continue key is not valid"},
		{"?resourceVersion=7", "504 Timeout: Timeout: Too large resource version: 7, current: 6 (retry after 1 s)"},
		{"?resourceVersion=7&resourceVersionMatch=Exact", "504 Timeout: Timeout: Too large resource version: 7, current: 6 (retry after 1 s)"},
		{"?resourceVersion=x", `400 BadRequest: invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax`},
		{"?resourceVersionMatch=Exact", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`},
		{"?resourceVersion=0&resourceVersionMatch=Exact", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`},
		{"?resourceVersion=5&resourceVersionMatch=Newer", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Newer": supported values: "Exact", "NotOlderThan", ""`},
		{"?sendInitialEvents=true", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`},
		{"/a", "a@5"},
		{"/a?resourceVersion=0", "a@5"},
		{"/a?resourceVersion=3", "a@5"},
		{"/a?resourceVersion=7", "504 Timeout: Timeout: Too large resource version: 7, current: 6 (retry after 1 s)"},
		{"/a?resourceVersion=x", `500 : resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax`},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			code, body, _ := c.ask("GET", configMaps+tt.query, "")
			got := describe(t, code, body)
			if strings.HasPrefix(tt.want, "410 Expired: The provided") {
				require.NotEmpty(t, continueOf(t, body), "with a way to go on")
			}
			require.True(t, got == tt.want || strings.HasPrefix(tt.want, "4") && strings.HasPrefix(got, tt.want), "%s\n%s", got, tt.want)
		})
	}
}

func continueOf(t *testing.T, body string) string {
	t.Helper()
	var list metav1.PartialObjectMetadataList
	require.NoError(t, json.Unmarshal([]byte(body), &list), body)
	require.NotEmpty(t, list.Continue, body)
	return list.Continue
}

// describe is an answer in short: an object, a list or a Status.
func describe(t *testing.T, code int, body string) string {
	t.Helper()
	if code >= 400 {
		var status metav1.Status
		require.NoError(t, json.Unmarshal([]byte(body), &status))
		require.EqualValues(t, code, status.Code)
		got := fmt.Sprintf("%d %s: %s", code, status.Reason, status.Message)
		if d := status.Details; d != nil && d.RetryAfterSeconds > 0 {
			got += fmt.Sprintf(" (retry after %d s)", d.RetryAfterSeconds)
		}
		return got
	}
	var list struct {
		metav1.PartialObjectMetadataList
		Items *[]metav1.PartialObjectMetadata `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &list), body)
	if list.Items == nil {
		var obj metav1.PartialObjectMetadata
		require.NoError(t, json.Unmarshal([]byte(body), &obj), body)
		return obj.Name + "@" + obj.ResourceVersion
	}
	got := ""
	for _, item := range *list.Items {
		got += item.Name + "@" + item.ResourceVersion + " "
	}
	got += "@" + list.ResourceVersion
	switch {
	case list.RemainingItemCount != nil:
		got += fmt.Sprintf(" and %d more", *list.RemainingItemCount)
	case list.Continue != "":
		got += " and more"
	}
	return got
}

// Watches by resourceVersion, as
// https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-watch
// has them. Each is told of a new config map in the end.
func TestWatchesByVersion(t *testing.T) {
	tests := []struct {
		query string
		want  string
	}{
		{"", "ADDED a@5, ADDED c@4, ADDED new@7"},
		{"allowWatchBookmarks=true", "ADDED a@5, ADDED c@4, BOOKMARK end@6, ADDED new@7"},
		{"resourceVersion=0", "ADDED a@5, ADDED c@4, ADDED new@7"},
		{"resourceVersion=3", "ADDED c@4, MODIFIED a@5, DELETED b@6, ADDED new@7"},
		{"resourceVersion=5", "DELETED b@6, ADDED new@7"},
		{"resourceVersion=6", "ADDED new@7"},
		{"resourceVersion=2", "ERROR 410 too old resource version: 2 (3)"},
		{"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", "ADDED a@5, ADDED c@4, BOOKMARK end@6, ADDED new@7"},
		{"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=4&allowWatchBookmarks=true", "ADDED a@5, ADDED c@4, BOOKMARK end@6, ADDED new@7"},
		{"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=9", "ERROR 504 Timeout: Too large resource version: 9, current: 6"},
		{"sendInitialEvents=false&resourceVersionMatch=NotOlderThan", "ADDED new@7"},
		{"sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=5", "DELETED b@6, ADDED new@7"},
		{"fieldSelector=metadata.name%3Dc", "ADDED c@4"},
		{"sendInitialEvents=true", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`},
		{"resourceVersionMatch=NotOlderThan", `422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`},
		{"resourceVersion=x", `500 : resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax`},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.Equal(t, tt.want, watched(t, withHistory(t), tt.query))
			})
		})
	}
}

// watched is what a watch of a second says while a config map is created, in
// short.
func watched(t *testing.T, c *cluster, query string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://cluster"+configMaps+"?watch=true&timeoutSeconds=1&"+query, nil)
	require.NoError(t, err)
	response, err := c.config.Transport.RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	synctest.Wait()
	c.create(configMaps, `{"metadata":{"name":"new"}}`)
	if response.StatusCode >= 400 {
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return describe(t, response.StatusCode, string(body))
	}
	var events []string
	for decoder := json.NewDecoder(response.Body); ; {
		var event struct {
			Type   string
			Object struct {
				metav1.PartialObjectMetadata
				Code    int
				Message string
			}
		}
		if err := decoder.Decode(&event); err == io.EOF {
			return strings.Join(events, ", ")
		}
		name, object := event.Object.Name+"@"+event.Object.ResourceVersion, event.Object
		if object.Annotations[metav1.InitialEventsAnnotationKey] == "true" {
			name = "end" + name
		}
		if event.Type == "ERROR" {
			name = fmt.Sprint(object.Code, " ", object.Message)
		}
		events = append(events, event.Type+" "+name)
	}
}
