package describe

import (
	"encoding/json"
	"errors"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/document"
	"github.com/kubejig/kubejig/cli/page"
	"github.com/kubejig/kubejig/cli/resource"
)

// object is an object to describe.
type object struct {
	resource        schema.GroupVersionResource
	kind            schema.GroupKind
	namespace, name string
	// read is the object as the server has it, in any version.
	read func() (*document.Value, error)
}

// objectsOf are the objects that the builder found, those of pages one by one.
func objectsOf(infos []*resource.Info) []object {
	var all []object
	for _, info := range infos {
		at := object{
			resource: info.Mapping.Resource, kind: info.Mapping.GroupVersionKind.GroupKind(),
			namespace: info.Namespace, name: info.Name,
		}
		found, ok := info.Object.(*page.Page)
		if !ok {
			at.read = func() (*document.Value, error) { return read(info) }
			all = append(all, at)
			continue
		}
		items := found.Items()
		for i := range items {
			metadata := items[i].Get("metadata")
			at.namespace, at.name = metadata.Get("namespace").Text(), metadata.Get("name").Text()
			at.read = func() (*document.Value, error) { return &items[i], nil }
			all = append(all, at)
		}
	}
	return all
}

// read reads an object that was asked for by name. What comes from a file is
// what the user wrote; the server is asked for what it has.
func read(info *resource.Info) (*document.Value, error) {
	found := info.Object
	if info.Source != "" {
		if info.Name == "" && !described(info.Mapping.GroupVersionKind.GroupKind()) {
			return nil, errors.New("name is required")
		}
		var err error
		if found, err = resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	return document.Parse(text)
}
