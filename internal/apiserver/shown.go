package apiserver

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// shown is an object that is not stored, or a list of such, on its way to a
// client.
type shown struct {
	object runtime.Object
	kind   schema.GroupVersionKind
}

// show writes an object or a list of the call's version that is not stored, in
// the form that the client asks for.
func (c *call) show(code int, obj runtime.Object, kind string) error {
	return c.showAs(code, shown{obj, c.groupVersion().WithKind(kind)})
}

func (c *call) showAs(code int, s shown) error {
	f, err := c.negotiate(allFormats)
	if err != nil {
		return err
	}
	if f.as == "" {
		c.respond(f, code, s.object, s.kind)
		return nil
	}
	transformed, err := c.transform(s, f)
	if err != nil {
		return err
	}
	c.respond(f, code, transformed, f.asKind())
	return nil
}

// transform turns what is shown into another form.
func (c *call) transform(s shown, f format) (runtime.Object, error) {
	isList := meta.IsListType(s.object)
	items, err := s.items()
	switch {
	case err != nil:
		return nil, err
	case f.as == "Table":
		return c.tableOf(s, items, f)
	case f.as == "PartialObjectMetadata" && isList, f.as == "PartialObjectMetadataList" && !isList:
		return nil, errOtherForm(c.goTypeOf(s), isList)
	case !isList:
		return partialOf(items[0], f), nil
	}
	list := &metav1.PartialObjectMetadataList{ListMeta: s.listMeta()}
	for _, item := range items {
		list.Items = append(list.Items, *partialOf(item, f))
	}
	return list, nil
}

// goTypeOf is the type that Kubernetes has for what is shown.
func (c *call) goTypeOf(s shown) string {
	if c.kind != nil && c.kind.Custom != nil {
		return "*" + s.kind.Version + "." + s.kind.Kind // which has no other form within
	}
	return goType(s.kind)
}

// tableOf is what is shown with a row for each object.
func (c *call) tableOf(s shown, items []store.Object, f format) (*metav1.Table, error) {
	include, err := c.includeObject()
	if err != nil {
		return nil, err
	}
	table := &metav1.Table{ListMeta: s.listMeta(), ColumnDefinitions: c.rows.Columns, Rows: []metav1.TableRow{}}
	for _, item := range items {
		row := metav1.TableRow{Cells: c.rows.Row(item, c.now)}
		switch include {
		case metav1.IncludeObject:
			row.Object.Object = item
		case metav1.IncludeMetadata:
			row.Object.Object = partialOf(item, f)
		}
		table.Rows = append(table.Rows, row)
	}
	return table, nil
}

// items are the objects that are shown.
func (s shown) items() (items []store.Object, err error) {
	if !meta.IsListType(s.object) {
		return []store.Object{resources.Typed(s.object, s.kind).(store.Object)}, nil
	}
	err = meta.EachListItem(s.object, func(item runtime.Object) error {
		items = append(items, item.(store.Object))
		return nil
	})
	return items, err
}

// listMeta is the metadata of a list, or what one of the object alone would have.
func (s shown) listMeta() metav1.ListMeta {
	if list, ok := s.object.(metav1.ListInterface); ok && meta.IsListType(s.object) {
		return metav1.ListMeta{ResourceVersion: list.GetResourceVersion()}
	}
	return metav1.ListMeta{ResourceVersion: s.object.(store.Object).GetResourceVersion()}
}
