package get

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/document"
)

// page is a list, or a part of one, as the server sent it. It makes no objects
// of its items, which are to be printed only.
type page struct {
	metav1.TypeMeta
	metav1.ListMeta
	items []document.Value
}

func (p *page) DeepCopyObject() runtime.Object {
	copied := *p
	return &copied
}

// pageSerializer decodes lists to pages and tables to tables whose rows have
// only what is printed of their objects. All else it leaves to another.
type pageSerializer struct{ runtime.Serializer }

func newPageSerializer(next runtime.Serializer) runtime.Serializer { return pageSerializer{next} }

func (s pageSerializer) Decode(data []byte, kind *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if into != nil {
		return s.Serializer.Decode(data, kind, into)
	}
	sent, err := document.Parse(data)
	if err != nil {
		return s.Serializer.Decode(data, kind, into)
	}
	version, name := sent.Get("apiVersion").Text(), sent.Get("kind").Text()
	found := schema.FromAPIVersionAndKind(version, name)
	switch {
	case isTable(found):
		table, err := tableOf(sent)
		return table, &found, err
	case sent.Get("items").IsArray() && sent.Get("metadata").Get("name") == nil && strings.HasSuffix(name, "List"):
		p, err := pageOf(sent)
		return p, &found, err
	}
	return s.Serializer.Decode(data, kind, into)
}

func isTable(kind schema.GroupVersionKind) bool {
	return kind.Group == metav1.GroupName && kind.Kind == "Table" && (kind.Version == "v1" || kind.Version == "v1beta1")
}

// pageOf is the page of a list, whose items get the kind that built-in kinds
// leave out on the wire.
func pageOf(sent *document.Value) (*page, error) {
	p := &page{items: sent.Get("items").Elements()}
	p.APIVersion, p.Kind = sent.Get("apiVersion").Text(), sent.Get("kind").Text()
	if metadata := sent.Get("metadata"); metadata != nil {
		if err := metadata.Decode(&p.ListMeta); err != nil {
			return nil, err
		}
	}
	for i := range p.items {
		item := &p.items[i]
		if item.IsObject() && item.Get("kind").Text() == "" && item.Get("apiVersion").Text() == "" {
			item.Set("kind", document.String(strings.TrimSuffix(p.Kind, "List")))
			item.Set("apiVersion", document.String(p.APIVersion))
		}
	}
	return p, nil
}

// tableOf is a table, which keeps nothing of the text that it came in.
func tableOf(sent *document.Value) (*metav1.Table, error) {
	table := &metav1.Table{}
	rows := sent.Get("rows").Elements()
	sent.Remove("rows")
	if err := sent.Decode(table); err != nil {
		return nil, err
	}
	table.Rows = make([]metav1.TableRow, len(rows))
	for i := range rows {
		if err := fillRow(&table.Rows[i], &rows[i]); err != nil {
			return nil, err
		}
	}
	return table, nil
}

func fillRow(row *metav1.TableRow, sent *document.Value) error {
	cells := sent.Get("cells").Elements()
	row.Cells = make([]any, len(cells))
	for i := range cells {
		cell, err := cells[i].Any()
		if err != nil {
			return err
		}
		row.Cells[i] = cell
	}
	if conditions := sent.Get("conditions"); conditions != nil {
		if err := conditions.Decode(&row.Conditions); err != nil {
			return err
		}
	}
	metadata := sent.Get("object").Get("metadata")
	if metadata == nil {
		return nil
	}
	object := &metav1.PartialObjectMetadata{}
	object.Name, object.Namespace = metadata.Get("name").Text(), metadata.Get("namespace").Text()
	if labels := metadata.Get("labels"); labels.IsObject() {
		object.Labels = map[string]string{}
		for key, value := range labels.Members() {
			object.Labels[key] = value.Text()
		}
	}
	row.Object.Object = object
	return nil
}
