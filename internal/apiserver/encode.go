package apiserver

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// encode writes an object of a kind in a format.
func encode(f format, obj runtime.Object, gvk schema.GroupVersionKind) ([]byte, error) {
	if f.name == protobufType {
		message, err := protobufOf(obj)
		if err != nil {
			return nil, err
		}
		return envelope(gvk, message), nil
	}
	encoded, err := json.Marshal(resources.Typed(obj, gvk))
	if err != nil {
		return nil, err
	}
	return f.finish(encoded)
}

// finish turns JSON into what the format shows.
func (f format) finish(encoded []byte) ([]byte, error) {
	switch {
	case f.name == yamlType:
		return yaml.JSONToYAML(encoded)
	case f.pretty:
		var out bytes.Buffer
		err := json.Indent(&out, encoded, "", "  ")
		return out.Bytes(), err
	}
	return append(encoded, '\n'), nil
}

// finishParts is finish for JSON in parts.
func (f format) finishParts(encoded [][]byte) ([][]byte, error) {
	if f.name == yamlType || f.pretty {
		body, err := f.finish(bytes.Join(encoded, nil))
		return [][]byte{body}, err
	}
	return append(encoded, []byte("\n")), nil
}

// message is what generated API types can do.
type message interface {
	Size() int
	Marshal() ([]byte, error)
	MarshalToSizedBuffer([]byte) (int, error)
}

func protobufOf(obj runtime.Object) ([]byte, error) {
	m, ok := obj.(message)
	if !ok {
		return nil, fmt.Errorf("object %T has no protobuf form", obj)
	}
	return m.Marshal()
}

// protobufPrefix begins every protobuf body.
const protobufPrefix = "k8s\x00"

// envelope wraps a protobuf message with its kind.
func envelope(gvk schema.GroupVersionKind, message []byte) []byte {
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	unknown := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: apiVersion, Kind: kind}, Raw: message}
	out := make([]byte, len(protobufPrefix)+unknown.Size())
	copy(out, protobufPrefix)
	if _, err := unknown.MarshalTo(out[len(protobufPrefix):]); err != nil {
		panic(err) // the buffer has the size that the message asked for
	}
	return out
}

// external is a stored object as clients of a version see it: of that version,
// with its kind and with managed fields.
func (s *Server) external(k *resources.Kind, v *resources.Version, item *store.Item) (store.Object, error) {
	out := resources.Shallow(item.Object).(store.Object)
	if v.FromStorage != nil {
		converted, err := v.FromStorage(item.Object)
		if err != nil {
			return nil, fmt.Errorf("convert %s %q to %s: %w", k.Resource, item.Key(), v.GroupVersion, err)
		}
		out = resources.Shallow(converted).(store.Object)
	}
	out.GetObjectKind().SetGroupVersionKind(v.WithKind(k.Name))
	record, _ := item.Attached.(*ownership.Record)
	out.SetManagedFields(record.Entries())
	return out, nil
}

// encoded is an object in a version as JSON or as a protobuf message, without
// a frame around it. The storage version is encoded once for all.
func (s *Server) encoded(format string, k *resources.Kind, v *resources.Version, item *store.Item) ([]byte, error) {
	slot := store.JSON
	if format == protobufType {
		slot = store.Protobuf
	}
	if v.GroupVersion != k.Storage().GroupVersion {
		return s.encodeOnce(slot, k, v, item)
	}
	var err error
	cached := item.Derived(slot, func() any {
		var data []byte
		data, err = s.encodeOnce(slot, k, v, item)
		return data
	})
	return cached.([]byte), err
}

func (s *Server) encodeOnce(slot store.Slot, k *resources.Kind, v *resources.Version, item *store.Item) ([]byte, error) {
	obj, err := s.external(k, v, item)
	if err != nil {
		return nil, err
	}
	if slot == store.Protobuf {
		return protobufOf(obj)
	}
	return json.Marshal(obj)
}

// encodeItem writes an object of the call's kind as a whole body.
func (c *call) encodeItem(f format, item *store.Item) ([]byte, error) {
	switch f.as {
	case "Table":
		return c.encodeTable(f, []*store.Item{item}, listMeta(item))
	case "PartialObjectMetadata":
		obj, err := c.partial(item, f)
		if err != nil {
			return nil, err
		}
		return encode(f, obj, f.asKind())
	case "PartialObjectMetadataList":
		return nil, c.errOtherForm(false)
	}
	data, err := c.encoded(f.name, c.kind, c.version, item)
	if err != nil {
		return nil, err
	}
	if f.name == protobufType {
		return envelope(c.gvk(), data), nil
	}
	return f.finish(bytes.Clone(data))
}

// gvk is the kind of what the call's path gives.
func (c *call) gvk() schema.GroupVersionKind { return c.version.WithKind(c.kind.Name) }
