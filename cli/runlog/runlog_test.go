package runlog_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/runlog"
	"github.com/kubejig/kubejig/cli/scheme"
)

// header is what begins a line of the log.
var header = regexp.MustCompile(`(?m)^([IWE])\d{4} [\d:.]{15} +\d+ ([\w.]+):\d+\]`)

// varying are the parts of lines that no two runs have in common.
var varying = regexp.MustCompile(`127\.0\.0\.1:\d+|illiseconds=\d+|\tDate: .*\n`)

// requestWith makes a request with a log of its own, and returns what was
// logged: FILE in the place of the header, without what varies.
func requestWith(t *testing.T, server *httptest.Server, flags ...string) string {
	t.Helper()
	var out bytes.Buffer
	log := runlog.New(&out)
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	log.AddFlags(set)
	require.NoError(t, set.Parse(flags))
	client, err := rest.RESTClientFor(&rest.Config{
		Host: server.URL, UserAgent: "tester", WrapTransport: log.Transport,
		ContentConfig: rest.ContentConfig{NegotiatedSerializer: scheme.Codecs().WithoutConversion(), GroupVersion: &schema.GroupVersion{Version: "v1"}},
	})
	require.NoError(t, err)
	_, err = client.Post().AbsPath("/x").SetHeader("Authorization", "Bearer secret").Body([]byte(`{"a":1}`)).DoRaw(context.Background())
	require.NoError(t, err)
	return varying.ReplaceAllString(header.ReplaceAllString(out.String(), "$1 $2"), "")
}

func newServer(t *testing.T) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(strings.Repeat("x", 1030)))
	}))
	t.Cleanup(server.Close)
	return server
}

// Each level shows more of the wire; tokens never.
func TestLevels(t *testing.T) {
	server := newServer(t)
	heads := "\tAccept: application/json, */*\n\tAuthorization: Bearer <masked>\n\tUser-Agent: tester\n >\n"
	answer := " headers=<\n\tContent-Length: 1030\n\tContent-Type: application/json\n > m\n"
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{nil, ""},
		{[]string{"-v=5"}, ""},
		{[]string{"--vmodule=other=9"}, ""},
		{[]string{"-v=6"}, "I round_trippers.go \"Response\" verb=\"POST\" url=\"http:///x\" status=\"200 OK\" m\n"},
		{[]string{"--vmodule=round_*=6"}, "I round_trippers.go \"Response\" verb=\"POST\" url=\"http:///x\" status=\"200 OK\" m\n"},
		{[]string{"-v=7"}, "I round_trippers.go \"Request\" verb=\"POST\" url=\"http:///x\" headers=<\n" + heads +
			"I round_trippers.go \"Response\" status=\"200 OK\" m\n"},
		{[]string{"-v=8"}, "I runlog_test.go \"Request Body\" body=\"{\\\"a\\\":1}\"\n" +
			"I round_trippers.go \"Request\" verb=\"POST\" url=\"http:///x\" headers=<\n" + heads +
			"I round_trippers.go \"Response\" status=\"200 OK\"" + answer +
			"I runlog_test.go \"Response Body\" body=\"" + strings.Repeat("x", 1024) + " [truncated 6 chars]\"\n"},
	} {
		require.Equal(t, test.want, requestWith(t, server, test.flags...), test.flags)
	}
}

// From level 9 on, requests are shown as curl commands, and from 10 on bodies
// are whole.
func TestCurl(t *testing.T) {
	logged := requestWith(t, newServer(t), "-v=10")
	require.Contains(t, logged, `"Request" curlCommand=<`+"\n\tcurl -v -XPOST ")
	require.Contains(t, logged, `-H "Authorization: Bearer <masked>"`)
	require.Contains(t, logged, `body="`+strings.Repeat("x", 1030)+`"`)
}

func TestBinaryBodies(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("k8s\x00"))
	}))
	defer server.Close()
	require.Contains(t, requestWith(t, server, "-v=8"), "\t00000000  6b 38 73 00  ")
}

// Lines with keys and values are as the client libraries write them.
func TestKeysAndValues(t *testing.T) {
	var out bytes.Buffer
	log := runlog.New(&out)
	log.Info(1, "a.go:1", "not seen")
	log.Info(0, "b.go:2", "Found", "name", "x y", "count", 2)
	log.Error("c.go:3", errors.New("broken"), "Lost", "at", "here")
	log.Error("d.go:4", nil, "Nothing")
	require.Equal(t, `I b.go "Found" name="x y" count=2
E c.go "Lost" err="broken" at="here"
E d.go "Nothing"
`, header.ReplaceAllString(out.String(), "$1 $2"))
}
