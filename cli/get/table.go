package get

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

var errNoTable = errors.New("not a table")

// decodeTable is the table that the server sent in place of obj, or of the
// object of a watch event.
func decodeTable(obj runtime.Object) (runtime.Object, error) {
	if event, ok := obj.(*metav1.WatchEvent); ok {
		table, err := decodeTable(event.Object.Object)
		if err != nil {
			return nil, err
		}
		event.Object.Object = table
		return event, nil
	}
	sent, ok := obj.(*unstructured.Unstructured)
	if !ok || !isTable(sent.GroupVersionKind()) {
		return nil, errNoTable
	}
	table := &metav1.Table{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(sent.Object, table); err != nil {
		return nil, err
	}
	for i := range table.Rows {
		object := &table.Rows[i].Object
		if object.Raw == nil || object.Object != nil {
			continue
		}
		decoded, err := runtime.Decode(unstructured.UnstructuredJSONScheme, object.Raw)
		if err != nil {
			return nil, err
		}
		object.Object = decoded
	}
	return table, nil
}
