package describe

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kubejig/kubejig/cli/document"
	cliresource "github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/selectors"
)

// Dates are shown in the user's time zone.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	m.Run()
}

// TestGoldens describes the first object of each golden; the others are what
// the server has besides. What it must print was printed by the reference:
//
//	cd internal/reference && go test ./describe -update
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			golden, err := txtar.ParseFile(file)
			require.NoError(t, err)
			objects := parse(t, golden.Files[0].Data)
			want := string(golden.Files[1].Data)
			require.Equal(t, want, describeFirst(objects, nil))
			all := map[string]bool{objects[0].GetNamespace(): true, "another": true}
			require.Equal(t, want, describeFirst(objects, all), "among many objects")
		})
	}
}

func parse(t *testing.T, manifest []byte) fakeServer {
	var objects fakeServer
	decoder := yaml.NewYAMLToJSONDecoder(strings.NewReader(string(manifest)))
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if err == io.EOF {
			return objects
		}
		require.NoError(t, err)
		objects = append(objects, object)
	}
}

// describeFirst describes an object at the beginning of 2000.
func describeFirst(objects fakeServer, namespaces map[string]bool) string {
	first := objects[0]
	resource, _ := meta.UnsafeGuessKindToResource(first.GroupVersionKind())
	related := &related{
		reader: objects, showEvents: true, chunkSize: 500,
		namespaces: namespaces, collections: map[collectionKey]any{},
	}
	text, err := describe(context.Background(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), related, object{
		resource: resource, kind: first.GroupVersionKind().GroupKind(),
		namespace: first.GetNamespace(), name: first.GetName(),
		read: func() (*document.Value, error) { return read(&cliresource.Info{Object: first}) },
	})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return text
}

// fakeServer is a reader.Reader of some objects.
type fakeServer []*unstructured.Unstructured

func (s fakeServer) Get(_ context.Context, resource schema.GroupVersionResource, namespace, name string, into runtime.Object) error {
	for _, object := range s.all(resource, namespace) {
		if object.GetName() == name {
			return runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into)
		}
	}
	return apierrors.NewNotFound(resource.GroupResource(), name)
}

func (s fakeServer) List(_ context.Context, resource schema.GroupVersionResource, namespace string, options metav1.ListOptions, into runtime.Object) error {
	selector, err := selectors.Parse(options.LabelSelector, options.FieldSelector)
	if err != nil {
		return err
	}
	items := []any{}
	for _, object := range s.all(resource, namespace) {
		if selector.Match(object) {
			items = append(items, object.Object)
		}
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"items": items}, into)
}

func (s fakeServer) all(resource schema.GroupVersionResource, namespace string) fakeServer {
	var found fakeServer
	for _, object := range s {
		plural, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		if plural == resource && (namespace == "" || object.GetNamespace() == namespace) {
			found = append(found, object)
		}
	}
	return found
}
