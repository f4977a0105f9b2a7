package diff

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/resource"
)

// sides are the two folders that are compared.
type sides struct{ live, merged side }

// side is a folder with a file for each object.
type side struct{ path string }

func newSides() (*sides, error) {
	live, err := os.MkdirTemp("", "LIVE-")
	if err != nil {
		return nil, err
	}
	merged, err := os.MkdirTemp("", "MERGED-")
	if err != nil {
		os.RemoveAll(live)
		return nil, err
	}
	return &sides{side{live}, side{merged}}, nil
}

func (s *sides) remove() {
	os.RemoveAll(s.live.path)
	os.RemoveAll(s.merged.path)
}

// write writes an object, nil if there is none yet, and what it would be.
func (s *sides) write(info *resource.Info, merged runtime.Object, managedFields, secrets bool) error {
	live := info.Object
	if !managedFields {
		dropManagedFields(live)
		dropManagedFields(merged)
	}
	if kind := merged.GetObjectKind().GroupVersionKind(); !secrets && kind.Version == "v1" && kind.Kind == "Secret" {
		maskSecrets(live, merged)
		if live == nil {
			live = (*unstructured.Unstructured)(nil) // shown as null
		}
	}
	name := fileName(info.Mapping.GroupVersionKind, info.Namespace, info.Name)
	if err := s.live.write(name, live); err != nil {
		return err
	}
	return s.merged.write(name, merged)
}

// write writes an object as YAML, an empty file for none.
func (s side) write(name string, object runtime.Object) error {
	var content []byte
	if object != nil {
		var err error
		if content, err = yaml.Marshal(object); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(s.path, name), content, 0o700)
}

func fileName(kind schema.GroupVersionKind, namespace, name string) string {
	group := ""
	if kind.Group != "" {
		group = kind.Group + "."
	}
	return fmt.Sprintf("%v%v.%v.%v.%v", group, kind.Version, kind.Kind, namespace, name)
}

func dropManagedFields(object runtime.Object) {
	if object == nil {
		return
	}
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
}

// maskSecrets hides the values of Secrets; that one differs can be seen.
func maskSecrets(live, merged runtime.Object) {
	from, to := secretData(live), secretData(merged)
	for key, value := range from {
		other, both := to[key]
		switch {
		case both && value != other:
			from[key], to[key] = "*** (before)", "*** (after)"
		case both:
			from[key], to[key] = "***", "***"
		default:
			from[key] = "***"
		}
	}
	for key := range to {
		if _, both := from[key]; !both {
			to[key] = "***"
		}
	}
}

// secretData is the data of a Secret, to be changed in its place.
func secretData(object runtime.Object) map[string]any {
	secret, ok := object.(*unstructured.Unstructured)
	if !ok || secret == nil {
		return nil
	}
	data, _ := secret.Object["data"].(map[string]any)
	return data
}
