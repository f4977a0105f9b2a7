package fidelity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Object is one of testdata/objects: valid, and as full as it can be.
type Object struct {
	// Collection is the path that it is created at.
	Collection string
	Content    map[string]any
}

// Name is the object's name.
func (o Object) Name() string {
	metadata, _ := o.Content["metadata"].(map[string]any)
	return fmt.Sprint(metadata["name"])
}

// Path is where the object is once it is created.
func (o Object) Path() string { return o.Collection + "/" + o.Name() }

// at is the object's content with a resourceVersion.
func (o Object) at(resourceVersion string) map[string]any {
	content := runtime.DeepCopyJSON(o.Content)
	content["metadata"].(map[string]any)["resourceVersion"] = resourceVersion
	return content
}

// ObjectFile is a file of objects.
type ObjectFile struct {
	// Name is that of the file, without its folder and extension.
	Name    string
	Objects []Object
}

// ReadObjectFiles reads the YAML files of a folder, see ReadObjects, in the order
// of their names. A folder without any is an error.
func ReadObjectFiles(folder string) ([]ObjectFile, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no YAML files", folder)
	}
	files := make([]ObjectFile, len(paths))
	for i, path := range paths {
		files[i].Name = strings.TrimSuffix(filepath.Base(path), ".yaml")
		if files[i].Objects, err = ReadObjects(path); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// ReadObjects reads a file of YAML documents, of which each begins with a
// comment that gives its collection's path.
func ReadObjects(path string) ([]Object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var objects []Object
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	defer documents.Close()
	buffer := make([]byte, len(text)+1)
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		head, _, _ := strings.Cut(strings.TrimSpace(string(buffer[:n])), "\n")
		collection, found := strings.CutPrefix(head, "# ")
		if !found {
			return nil, fmt.Errorf("%s: a document begins with %q, not with # and the path of its collection", path, head)
		}
		o := Object{Collection: collection}
		if err := utilyaml.Unmarshal(buffer[:n], &o.Content); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		objects = append(objects, o)
	}
}
