package customresource

import (
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/util/jsonpath"
)

// selectableField is a field that field selectors may name.
type selectableField struct {
	name string
	path *jsonpath.JSONPath
}

type selectableFields []selectableField

func newSelectable(declared []apiextensionsv1.SelectableField) (selectableFields, error) {
	var all selectableFields
	for _, f := range declared {
		path, err := parsePath("selectableField", f.JSONPath)
		if err != nil {
			return nil, fmt.Errorf("selectable field %q: %w", f.JSONPath, err)
		}
		all = append(all, selectableField{strings.TrimPrefix(f.JSONPath, "."), path})
	}
	return all, nil
}

// of returns the fields of an object; those that are not there are "".
func (all selectableFields) of(obj object) fields.Set {
	set := fields.Set{}
	for _, f := range all {
		set[f.name] = ""
		results, err := f.path.FindResults(obj.Object)
		if err != nil || len(results) == 0 || len(results[0]) == 0 {
			continue
		}
		if value := results[0][0].Interface(); value != nil {
			set[f.name] = fmt.Sprint(value)
		}
	}
	return set
}
