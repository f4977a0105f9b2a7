package resource

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// server answers with what it has at a path and query; what it has not is not
// found. It notes what it was asked.
type server struct {
	has     map[string]string
	asked   []string
	types   []string // As types and categories were looked up.
	configs []*rest.Config
}

func (s *server) RoundTrip(request *http.Request) (*http.Response, error) {
	asked := request.Method + " " + request.URL.RequestURI()
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		asked += " " + strings.TrimSpace(string(body))
	}
	s.asked = append(s.asked, asked)
	status, answer := http.StatusOK, s.has[request.URL.RequestURI()]
	if answer == "" && request.Method == http.MethodGet {
		status = http.StatusNotFound
		answer = fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no %s"}`, request.URL.Path)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(answer)), Request: request,
	}, nil
}

// needs are what a builder needs to speak to the server. It knows pods,
// namespaces and things, of a custom kind.
func (s *server) needs() Needs {
	return Needs{
		Program: "kubectl",
		Config: func() (*rest.Config, error) {
			config := &rest.Config{Host: "http://server", Transport: s}
			s.configs = append(s.configs, config)
			return config, nil
		},
		Mapper: func() (meta.RESTMapper, error) {
			s.types = append(s.types, "mapper")
			mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}, {Group: "example.org", Version: "v1"}})
			mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, meta.RESTScopeNamespace)
			mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
			mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "List"}, meta.RESTScopeRoot)
			alias := schema.GroupVersionResource{Version: "v1", Resource: "others"}
			mapper.AddSpecific(schema.GroupVersionKind{Version: "v1", Kind: "Alias"}, alias, alias, meta.RESTScopeRoot)
			mapper.Add(schema.GroupVersionKind{Group: "example.org", Version: "v1", Kind: "Thing"}, meta.RESTScopeNamespace)
			return mapper, nil
		},
		Categories: func() (CategoryExpander, error) { return s, nil },
		Kustomize:  func(dir string) ([]byte, error) { return []byte(pod("kustomized-" + dir)), nil },
	}
}

// Expand knows that all is pods and things.
func (s *server) Expand(category string) ([]schema.GroupResource, bool) {
	s.types = append(s.types, category)
	return []schema.GroupResource{{Resource: "pods"}, {Group: "example.org", Resource: "things"}}, category == "all"
}

func pod(name string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q}}`, name)
}

func podIn(namespace, name string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q,"namespace":%q,"resourceVersion":"7"}}`, name, namespace)
}

func list(next string, items ...string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"PodList","metadata":{"resourceVersion":"9","continue":%q},"items":[%s]}`, next, strings.Join(items, ","))
}

// podType is how a Helper finds pods.
func podType() *meta.RESTMapping {
	return &meta.RESTMapping{
		Resource: schema.GroupVersionResource{Version: "v1", Resource: "pods"}, Scope: meta.RESTScopeNamespace,
		GroupVersionKind: schema.GroupVersionKind{Version: "v1", Kind: "Pod"},
	}
}

// client is a client of the server for pods.
func (s *server) client(t *testing.T) RESTClient {
	t.Helper()
	client, err := NewBuilder(s.needs()).Unstructured().client(schema.GroupVersion{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// visited is a line for each object of a result, and one for the error.
func visited(result *Result) []string {
	var lines []string
	err := result.Visit(func(info *Info, err error) error {
		if err != nil {
			return err
		}
		line := info.Name
		if info.Namespace != "" {
			line = info.Namespace + "/" + line
		}
		if info.Object == nil {
			line += " unread"
		}
		if info.Source != "" {
			line += " of " + info.Source
		}
		if info.Name == "refused" {
			return fmt.Errorf("%s is refused", info.Name)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		lines = append(lines, "error: "+err.Error())
	}
	return lines
}

// thing is an object of a Go type.
type thing struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Size              int `json:"size"`
}

func (t *thing) DeepCopyObject() runtime.Object {
	cloned := *t
	return &cloned
}
