package apiserver

import (
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/store"
)

// listMeta is the metadata of a table of one object.
func listMeta(item *store.Item) metav1.ListMeta {
	return metav1.ListMeta{ResourceVersion: item.Object.GetResourceVersion()}
}

// encodeTable writes objects as a table.
func (c *call) encodeTable(f format, items []*store.Item, meta metav1.ListMeta) ([]byte, error) {
	include, err := c.includeObject()
	if err != nil {
		return nil, err
	}
	table, err := c.table(items, meta, include)
	if err != nil {
		return nil, err
	}
	return encode(f, table, f.asKind())
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

func (c *call) table(items []*store.Item, meta metav1.ListMeta, include metav1.IncludeObjectPolicy) (*metav1.Table, error) {
	table := &metav1.Table{
		ListMeta:          meta,
		ColumnDefinitions: c.kind.Columns,
		Rows:              make([]metav1.TableRow, 0, len(items)),
	}
	for _, item := range items {
		row, err := c.row(item, include)
		if err != nil {
			return nil, err
		}
		table.Rows = append(table.Rows, row)
	}
	return table, nil
}

func (c *call) row(item *store.Item, include metav1.IncludeObjectPolicy) (metav1.TableRow, error) {
	row := metav1.TableRow{Cells: c.kind.Row(item.Object, c.now)}
	raw, err := c.rowObject(item, include)
	if raw != nil {
		row.Object = runtime.RawExtension{Raw: raw}
	}
	return row, err
}

func (c *call) rowObject(item *store.Item, include metav1.IncludeObjectPolicy) ([]byte, error) {
	switch include {
	case metav1.IncludeObject:
		return c.encoded(jsonType, c.kind, c.version, item)
	case metav1.IncludeMetadata:
		partial, err := c.partial(item)
		if err != nil {
			return nil, err
		}
		return json.Marshal(partial)
	}
	return nil, nil
}
