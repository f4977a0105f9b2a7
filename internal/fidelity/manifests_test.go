package fidelity

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// TestManifests compares what the servers make of the manifests that Kubernetes'
// own tests and add-ons are made of: objects as people write them.
func TestManifests(t *testing.T) {
	cluster := newBareCluster(t, "RBAC")
	s := newServers(t, startReference(t, "RBAC"), cluster, "manifests/")
	s.namespace(t, "fidelity")
	mapper := mapperOf(t, cluster)
	sources := kubernetesSources(t)
	var steps, differences []string
	for _, file := range manifests(t, sources) {
		objects, err := readManifest(filepath.Join(sources, file))
		if err != nil {
			continue // a template, or YAML that is broken for a test
		}
		for _, object := range objects {
			path, ok := collectionOf(mapper, object)
			if !ok {
				continue
			}
			body, err := object.MarshalJSON()
			require.NoError(t, err, file)
			if bytes.Contains(body, []byte("{{")) {
				continue // a template that is YAML: of its wrong labels Kubernetes tells in the order of chance
			}
			request := Request{Method: http.MethodPost, Path: path + dryRun, Body: body}
			steps = append(steps, "manifests/"+file+" "+object.GetKind()+"/"+object.GetName())
			differences = append(differences, s.difference(t, request, request))
		}
	}
	require.Greater(t, len(steps), 300, "manifests in %s", sources)
	s.report(t, differences, func(i int) string { return steps[i] })
}

// kubernetesSources is the folder of Kubernetes' own module.
func kubernetesSources(t *testing.T) string {
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes")
	list.Dir = "../reference/controlplane"
	dir, err := list.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(dir))
}

// manifests are the paths of all files in a folder that may be manifests.
func manifests(t *testing.T, folder string) []string {
	var files []string
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, _ fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".yaml", ".yml", ".json":
			files = append(files, path)
		}
		return err
	})
	require.NoError(t, err)
	return files
}

// readManifest reads the objects of a file, those of lists one by one.
func readManifest(path string) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var content map[string]any
		switch err := documents.Decode(&content); {
		case err == io.EOF:
			return objects, nil
		case err != nil:
			return nil, err
		}
		document := &unstructured.Unstructured{Object: content}
		if !document.IsList() {
			objects = append(objects, document)
			continue
		}
		list, err := document.ToList()
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	}
}

// collectionOf is where an object is created, which it makes one of the test's
// namespace, with a name of its own; false where it is none that the servers have.
func collectionOf(mapper meta.RESTMapper, object *unstructured.Unstructured) (string, bool) {
	kind := object.GroupVersionKind()
	m, err := mapper.RESTMapping(schema.GroupKind{Group: kind.Group, Kind: kind.Kind}, kind.Version)
	if err != nil {
		return "", false
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		object.SetNamespace("fidelity")
	}
	if object.GetName() == "" {
		object.SetName("generated") // random names differ
	}
	return collection(m, "fidelity"), true
}
