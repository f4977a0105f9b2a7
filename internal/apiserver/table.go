package apiserver

import (
	"bytes"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// listMeta is the metadata of a table of one object.
func listMeta(item *store.Item) metav1.ListMeta {
	return metav1.ListMeta{ResourceVersion: item.Object.GetResourceVersion()}
}

// table is how objects of the call's kind and version are shown.
func (c *call) table() resources.Table {
	if c.version.Table != nil {
		return *c.version.Table
	}
	return c.kind.Table
}

// cells are those of an object's row.
func (c *call) cells(item *store.Item) (cells []any, err error) {
	obj := item.Object
	if c.version.Table != nil {
		if obj, err = c.external(c.kind, c.version, item); err != nil {
			return nil, err
		}
	}
	return c.table().Row(obj, c.now), nil
}

// encodeTable writes objects as a table.
func (c *call) encodeTable(f format, items []*store.Item, meta metav1.ListMeta) ([]byte, error) {
	include, err := c.includeObject()
	if err != nil {
		return nil, err
	}
	return c.encodeRows(f, metav1.Table{ListMeta: meta, ColumnDefinitions: c.table().Columns}, items, include)
}

// includeObject is the part of each object that the rows of a table carry.
func (c *call) includeObject() (metav1.IncludeObjectPolicy, error) {
	switch policy := metav1.IncludeObjectPolicy(c.query.Get("includeObject")); policy {
	case "":
		return metav1.IncludeMetadata, nil
	case metav1.IncludeNone, metav1.IncludeMetadata, metav1.IncludeObject:
		return policy, nil
	default:
		return "", apierrors.NewBadRequest(fmt.Sprintf("Unable to convert to Table as requested: includeObject: Invalid value: %q: must be 'Metadata', 'Object', 'None', or empty", policy))
	}
}

// encodeRows writes a table with a row for each object. The rows are put
// together by hand: they carry what is encoded already, which an encoder would
// read through once more.
func (c *call) encodeRows(f format, table metav1.Table, items []*store.Item, include metav1.IncludeObjectPolicy) ([]byte, error) {
	table.Rows = []metav1.TableRow{}
	whole, err := json.Marshal(resources.Typed(&table, f.asKind()))
	if err != nil {
		return nil, err
	}
	rows, end := bytes.TrimSuffix(whole, []byte("]}")), "]}"
	for i, item := range items {
		if i > 0 {
			rows = append(rows, ',')
		}
		if rows, err = c.appendRow(rows, f, item, include); err != nil {
			return nil, err
		}
	}
	return f.finish(append(rows, end...))
}

func (c *call) appendRow(rows []byte, f format, item *store.Item, include metav1.IncludeObjectPolicy) ([]byte, error) {
	row, err := c.cells(item)
	if err != nil {
		return nil, err
	}
	cells, err := json.Marshal(row)
	if err != nil {
		return nil, err
	}
	rows = append(append(append(rows, `{"cells":`...), cells...), `,"object":`...)
	if rows, err = c.appendRowObject(rows, f, item, include); err != nil {
		return nil, err
	}
	return append(rows, '}'), nil
}

func (c *call) appendRowObject(rows []byte, f format, item *store.Item, include metav1.IncludeObjectPolicy) ([]byte, error) {
	if include == metav1.IncludeNone {
		return append(rows, "null"...), nil
	}
	if include == metav1.IncludeMetadata && isUnstructured(item.Object) {
		// Its own fields are sorted, those of a PartialObjectMetadata are not.
		partial, err := c.partial(item, f)
		if err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(partial)
		return append(rows, encoded...), err
	}
	if include == metav1.IncludeObject {
		encoded, err := c.encoded(jsonType, c.kind, c.version, item)
		return append(rows, encoded...), err
	}
	encoded, err := c.encoded(jsonType, c.kind, c.metadataVersion(), item)
	if err != nil {
		return nil, err
	}
	rows = append(rows, `{"kind":"PartialObjectMetadata","apiVersion":"`+f.asKind().GroupVersion().String()+`","metadata":`...)
	return append(append(rows, metadataIn(encoded)...), '}'), nil
}

func isUnstructured(obj store.Object) bool {
	_, ok := obj.(*unstructured.Unstructured)
	return ok
}

// metadataIn is the metadata in the JSON of an object of a Go type, which
// begins with kind, apiVersion and metadata, and has no space between its
// tokens.
func metadataIn(encoded []byte) []byte {
	const key = `,"metadata":`
	start := bytes.Index(encoded, []byte(key)) + len(key)
	depth, quoted := 0, false
	for i := start; i < len(encoded); i++ {
		switch c := encoded[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return encoded[start : i+1]
			}
		}
	}
	panic("an object without metadata: " + string(encoded)) // all kinds have it
}
