package get

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/document"
	"github.com/kubejig/kubejig/cli/page"
)

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
	if found := schema.FromAPIVersionAndKind(sent.Get("apiVersion").Text(), sent.Get("kind").Text()); isTable(found) {
		table, err := tableOf(sent)
		return table, &found, err
	}
	p, err := page.Of(sent)
	if p == nil {
		return s.Serializer.Decode(data, kind, into)
	}
	found := p.GroupVersionKind()
	return p, &found, err
}

func isTable(kind schema.GroupVersionKind) bool {
	return kind.Group == metav1.GroupName && kind.Kind == "Table" && (kind.Version == "v1" || kind.Version == "v1beta1")
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
