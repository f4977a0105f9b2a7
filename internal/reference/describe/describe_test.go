// Package describe holds the goldens of kubejig's describe against the
// reference: what upstream's describers print for the same objects, at the
// same time.
//
//	go test ./describe -update
//
// writes what the reference prints into the goldens.
package describe

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/describe"
)

var update = flag.Bool("update", false, "write the goldens")

const (
	goldens = "../../../cli/describe/testdata"
	wanted  = "-- want.txt --\n"
)

// TestGoldens describes the first object of each golden; the others are what
// the server has besides. Time stands still at the beginning of 2000.
func TestGoldens(t *testing.T) {
	time.Local = time.UTC
	files, err := filepath.Glob(filepath.Join(goldens, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { check(t, file) })
		})
	}
}

func check(t *testing.T, file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	manifest, want, _ := strings.Cut(string(content), wanted)
	_, manifest, _ = strings.Cut(manifest, "-- objects.yaml --\n")
	got := referenceText(t, parse(t, manifest))
	if *update {
		head, _, _ := strings.Cut(string(content), wanted)
		if err := os.WriteFile(file, []byte(head+wanted+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("the reference prints\n%s\nthe golden has\n%s", got, want)
	}
}

func parse(t *testing.T, manifest string) []*unstructured.Unstructured {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLToJSONDecoder(strings.NewReader(manifest))
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); err == io.EOF {
			return objects
		} else if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
}

func referenceText(t *testing.T, objects []*unstructured.Unstructured) string {
	config := &rest.Config{Host: "http://cluster", Transport: cluster(objects), QPS: -1}
	config.AcceptContentTypes, config.ContentType = "application/json", "application/json"
	object := objects[0]
	kind := object.GroupVersionKind()
	describer, ok := describe.DescriberFor(kind.GroupKind(), config)
	if !ok {
		resource, _ := meta.UnsafeGuessKindToResource(kind)
		describer, ok = describe.GenericDescriberFor(&meta.RESTMapping{Resource: resource, GroupVersionKind: kind}, config)
	}
	if !ok {
		t.Fatal("no describer for ", kind)
	}
	text, err := describer.Describe(object.GetNamespace(), object.GetName(), describe.DescriberSettings{ShowEvents: true})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return text
}

// cluster is a server that has some objects.
type cluster []*unstructured.Unstructured

func (c cluster) RoundTrip(request *http.Request) (*http.Response, error) {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	gv := schema.GroupVersion{Version: parts[1]}
	rest := parts[2:]
	if parts[0] == "apis" {
		gv, rest = schema.GroupVersion{Group: parts[1], Version: parts[2]}, parts[3:]
	}
	namespace := ""
	if rest[0] == "namespaces" && len(rest) > 2 {
		namespace, rest = rest[1], rest[2:]
	}
	if len(rest) == 2 {
		for _, object := range c.all(gv, rest[0], namespace) {
			if object.GetName() == rest[1] {
				return answer(http.StatusOK, object.Object)
			}
		}
		return answer(http.StatusNotFound, metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure,
			Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: gv.WithResource(rest[0]).GroupResource().String() + " \"" + rest[1] + "\" not found",
		})
	}
	byLabel, err := labels.Parse(request.URL.Query().Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	byField, err := fields.ParseSelector(request.URL.Query().Get("fieldSelector"))
	if err != nil {
		return nil, err
	}
	items := []any{}
	for _, object := range c.all(gv, rest[0], namespace) {
		if byLabel.Matches(labels.Set(object.GetLabels())) && byField.Matches(fieldsOf{object}) {
			items = append(items, object.Object)
		}
	}
	return answer(http.StatusOK, map[string]any{"metadata": map[string]any{}, "items": items})
}

func (c cluster) all(gv schema.GroupVersion, resource, namespace string) cluster {
	var found cluster
	for _, object := range c {
		plural, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		if plural == gv.WithResource(resource) && (namespace == "" || object.GetNamespace() == namespace) {
			found = append(found, object)
		}
	}
	return found
}

func answer(code int, body any) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(encoded)),
	}, err
}

// fieldsOf finds fields of an object by path.
type fieldsOf struct{ object *unstructured.Unstructured }

func (f fieldsOf) Has(field string) bool { return f.Get(field) != "" }

func (f fieldsOf) Get(field string) string {
	value, _, _ := unstructured.NestedString(f.object.Object, strings.Split(field, ".")...)
	return value
}
