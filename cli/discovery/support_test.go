package discovery_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/discovery"
	"github.com/kubejig/kubejig/cli/runlog"
)

// fakeServer answers with files: bodies by path. A body can begin with a line
// "STATUS TYPE". What is not there is 404; the others are JSON.
type fakeServer struct {
	*httptest.Server

	mu       sync.Mutex
	files    map[string]string
	requests []string
	// confirmed counts the answers that were not sent again.
	confirmed int
}

func serve(t *testing.T, files map[string]string) *fakeServer {
	s := &fakeServer{files: files}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.URL.String())
	body, ok := s.files[r.URL.Path]
	contentType, status := "application/json", http.StatusOK
	switch {
	case !ok:
		status = http.StatusNotFound
	case strings.HasPrefix(body, "503"):
		status = http.StatusServiceUnavailable
	case strings.Contains(body, `"apidiscovery.k8s.io/`):
		version := regexp.MustCompile(`apidiscovery.k8s.io/(\w+)`).FindStringSubmatch(body)[1]
		contentType += ";g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList"
		if !strings.Contains(r.Header.Get("Accept"), contentType) { // As a server would that has this form only.
			body, contentType = s.files[r.URL.Path+" plain"], "application/json"
		}
	}
	tag := fmt.Sprintf("%q", fmt.Sprint(len(body)))
	if ok && r.Header.Get("If-None-Match") == tag {
		status, body = http.StatusNotModified, ""
		s.confirmed++
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// asked are the requests since the last time, in order of their paths, without
// the usual timeout.
func (s *fakeServer) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var asked []string
	for _, request := range s.requests {
		asked = append(asked, strings.TrimSuffix(request, "?timeout=32s"))
	}
	s.requests = nil
	slices.Sort(asked)
	return strings.Join(asked, " ")
}

func (s *fakeServer) config() *rest.Config { return &rest.Config{Host: s.URL, QPS: 1000, Burst: 1000} }

// newLog is a log of a level, and what is in it without time and process.
func newLog(t *testing.T, level string) (log *runlog.Log, text func() string) {
	var out bytes.Buffer
	log = runlog.New(&out)
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	log.AddFlags(flags)
	require.NoError(t, flags.Parse([]string{"-v=" + level}))
	header := regexp.MustCompile(`(?m)^([IE])\d{4} [\d:.]+ +\d+ `)
	return log, func() string {
		defer out.Reset()
		return header.ReplaceAllString(out.String(), "$1 ")
	}
}

// inMemory is a client of a server that keeps nothing in files.
func inMemory(t *testing.T, s *fakeServer) *discovery.Client {
	log, _ := newLog(t, "0")
	client, err := discovery.NewInMemory(s.config(), log)
	require.NoError(t, err)
	return client
}

// names lists resources as "GROUPVERSION: NAME NAME; ...".
func names(lists []*metav1.APIResourceList) string {
	var texts []string
	for _, list := range lists {
		text := list.GroupVersion + ":"
		for _, resource := range list.APIResources {
			text += " " + resource.Name
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

const (
	coreAggregated = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{},"versions":[
		{"version":"v1","freshness":"Current","resources":[
			{"resource":"pods","responseKind":{"group":"","version":"v1","kind":"Pod"},"scope":"Namespaced","singularResource":"pod",
				"verbs":["get","list"],"shortNames":["po"],"categories":["all"],
				"subresources":[{"subresource":"log","responseKind":{"group":"","version":"v1","kind":"Pod"},"verbs":["get"]},
					{"subresource":"nameless","verbs":["get"]}]},
			{"resource":"mystery","scope":"Cluster","singularResource":"mystery","verbs":["get"],
				"subresources":[{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get"]}]},
			{"resource":"nodes","responseKind":{"group":"","version":"v1","kind":"Node"},"scope":"Cluster","singularResource":"node","verbs":["get"]}]}]}]}`
	namedAggregated = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
		{"metadata":{"name":"apps"},"versions":[
			{"version":"v1","freshness":"Current","resources":[
				{"resource":"deployments","responseKind":{"group":"apps","version":"v1","kind":"Deployment"},"scope":"Namespaced","singularResource":"deployment",
					"verbs":["get"],"shortNames":["deploy"],"categories":["all"],
					"subresources":[{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get"]}]}]},
			{"version":"v1beta1","freshness":"Current","resources":[
				{"resource":"deployments","responseKind":{"group":"apps","version":"v1beta1","kind":"Deployment"},"scope":"Namespaced","singularResource":"deployment","verbs":["get"]},
				{"resource":"olds","responseKind":{"group":"apps","version":"v1beta1","kind":"Old"},"scope":"Namespaced","singularResource":"old","verbs":["get"]}]}]},
		{"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]},
		{"metadata":{"name":"other.example.com"},"versions":[
			{"version":"v1","freshness":"Current","resources":[
				{"resource":"polls","responseKind":{"group":"other.example.com","version":"v1","kind":"Poll"},"scope":"Namespaced","singularResource":"poll",
					"verbs":["get"],"shortNames":["po","pl"],"categories":["all"]},
				{"resource":"ponds","responseKind":{"group":"other.example.com","version":"v1","kind":"Pond"},"scope":"Cluster","singularResource":"pond",
					"verbs":["get"],"shortNames":["pl"]}]}]}]}`

	coreVersions = `{"kind":"APIVersions","versions":["v1"]}`
	coreV1       = `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[
		{"name":"pods","singularName":"","namespaced":true,"kind":"Pod","verbs":["get"],"shortNames":["po"]}]}`
	namedGroups = `{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],
		"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}`
	appsV1 = `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[
		{"name":"deployments","singularName":"","namespaced":true,"kind":"Deployment","verbs":["get"]},
		{"name":"deployments/scale","singularName":"","namespaced":true,"kind":"Scale","verbs":["get"]}]}`
)

// modern is a server that tells all at once; old is one that does not.
func modern() map[string]string {
	return map[string]string{"/api": coreAggregated, "/apis": namedAggregated, "/version": `{"gitVersion":"v1.37.2"}`}
}

func old() map[string]string {
	return map[string]string{"/api": coreVersions, "/apis": namedGroups, "/api/v1": coreV1, "/apis/apps/v1": appsV1}
}

// with is files with one of them changed.
func with(files map[string]string, path, body string) map[string]string {
	files[path] = body
	return files
}
