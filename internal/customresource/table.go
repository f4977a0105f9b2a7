package customresource

import (
	"bytes"
	"fmt"
	"reflect"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// column is a column that a definition declares.
type column struct {
	kind string // "integer", "number", "string", "boolean" or "date"
	path *jsonpath.JSONPath
}

// newTable makes the table of the declared columns; of name and age if there
// are none.
func newTable(declared []apiextensionsv1.CustomResourceColumnDefinition) (resources.Table, error) {
	if len(declared) == 0 {
		declared = []apiextensionsv1.CustomResourceColumnDefinition{{
			Name: "Age", Type: "date", JSONPath: ".metadata.creationTimestamp",
			Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"],
		}}
	}
	table := resources.Table{Columns: []metav1.TableColumnDefinition{resources.NameColumn()}}
	var columns []column
	for _, c := range declared {
		path, err := parsePath(c.Name, c.JSONPath)
		if err != nil {
			return resources.Table{}, fmt.Errorf("unrecognized column definition %q", c.JSONPath)
		}
		columns = append(columns, column{c.Type, path})
		table.Columns = append(table.Columns, heading(c))
	}
	table.Row = func(obj store.Object, now time.Time) []any {
		row := []any{obj.GetName()}
		for _, c := range columns {
			row = append(row, c.cell(obj.(object), now))
		}
		return row
	}
	return table, nil
}

func heading(c apiextensionsv1.CustomResourceColumnDefinition) metav1.TableColumnDefinition {
	if c.Description == "" {
		c.Description = "Custom resource definition column (in JSONPath format): " + c.JSONPath
	}
	return metav1.TableColumnDefinition{
		Name: c.Name, Type: c.Type, Format: c.Format, Description: c.Description, Priority: c.Priority,
	}
}

func parsePath(name, path string) (*jsonpath.JSONPath, error) {
	p := jsonpath.New(name).AllowMissingKeys(true)
	return p, p.Parse("{" + path + "}")
}

// cell is the first value that the path finds, as the column's type; nil if
// there is none or it is of another type.
func (c column) cell(obj object, now time.Time) any {
	results, err := c.path.FindResults(obj.Object)
	if err != nil || len(results) == 0 || len(results[0]) == 0 {
		return nil
	}
	value := results[0][0].Interface()
	if c.kind == "string" {
		var text bytes.Buffer
		if err := c.path.PrintResults(&text, []reflect.Value{reflect.ValueOf(value)}); err != nil {
			return nil
		}
		return text.String()
	}
	return typedCell(c.kind, value, now)
}

func typedCell(kind string, value any, now time.Time) any {
	switch v := value.(type) {
	case int64:
		switch kind {
		case "integer":
			return v
		case "number":
			return float64(v)
		}
	case float64:
		switch kind {
		case "integer":
			return int64(v)
		case "number":
			return v
		}
	case bool:
		if kind == "boolean" {
			return v
		}
	case string:
		if kind == "date" {
			return dateCell(v, now)
		}
	}
	return nil
}

func dateCell(text string, now time.Time) string {
	var t metav1.Time
	if err := t.UnmarshalQueryParameter(text); err != nil {
		return "<invalid>"
	}
	return resources.Age(t, now)
}
