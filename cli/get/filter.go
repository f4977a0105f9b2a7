package get

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/selectors"
)

// fieldSet is a requirement on a field that servers do not know: that it has,
// or has not, one of several values.
type fieldSet struct {
	field  string
	not    bool
	values []string
}

func (r fieldSet) holds(object *unstructured.Unstructured) bool {
	return slices.Contains(r.values, selectors.SubjectOf(object).Fields.Get(r.field)) != r.not
}

// setRequirement is FIELD in (A,B) or FIELD notin (A,B).
var setRequirement = regexp.MustCompile(`(?:^|,)\s*([^\s,=!()]+)\s+(in|notin)\s*\(([^()]*)\)`)

// splitFieldSelector takes the requirements out of a field selector that the
// server does not know, and returns what is left for it.
func splitFieldSelector(selector string) (forServer string, sets []fieldSet) {
	for _, match := range setRequirement.FindAllStringSubmatch(selector, -1) {
		var values []string
		for _, value := range strings.Split(match[3], ",") {
			values = append(values, strings.TrimSpace(value))
		}
		sets = append(sets, fieldSet{field: match[1], not: match[2] == "notin", values: values})
	}
	return strings.TrimPrefix(setRequirement.ReplaceAllString(selector, ""), ","), sets
}

// filtered says whether objects are chosen here, after the server's choice.
func (o *options) filtered() bool { return o.since != 0 || len(o.filters) > 0 }

// filter drops what was found and is not wanted, rows of tables too.
func (o *options) filter(f *factory.Factory, infos []*resource.Info) []*resource.Info {
	if !o.filtered() {
		return infos
	}
	if len(o.filters) > 0 {
		fmt.Fprintln(f.ErrOut, "in and notin are not known to the server; all objects were read, and chosen from here.")
	}
	after := f.Now().Add(-o.since)
	wanted := func(object *unstructured.Unstructured) bool {
		return (o.since == 0 || object.GetCreationTimestamp().After(after)) &&
			!slices.ContainsFunc(o.filters, func(r fieldSet) bool { return !r.holds(object) })
	}
	return slices.DeleteFunc(infos, func(info *resource.Info) bool {
		object, ok := info.Object.(*unstructured.Unstructured)
		return ok && !keep(object, wanted)
	})
}

// keep says whether anything is left of an object or, with its rows chosen, of
// a table.
func keep(object *unstructured.Unstructured, wanted func(*unstructured.Unstructured) bool) bool {
	if object.GetKind() != "Table" {
		return wanted(object)
	}
	rows, _ := object.Object["rows"].([]any)
	rows = slices.DeleteFunc(rows, func(row any) bool {
		fields, _ := row.(map[string]any)
		of, _ := fields["object"].(map[string]any)
		return !wanted(&unstructured.Unstructured{Object: of})
	})
	object.Object["rows"] = rows
	return len(rows) > 0
}
