package get

import (
	"fmt"
	"io"
	"reflect"
	"sort"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"

	cliresource "github.com/kubejig/kubejig/cli/resource"
)

// sortingPrinter sorts tables and lists before they are printed.
type sortingPrinter struct {
	by   string
	next printers.ResourcePrinter
}

func (p *sortingPrinter) PrintObj(obj runtime.Object, w io.Writer) error {
	if table, ok := obj.(*metav1.Table); ok {
		if len(table.Rows) > 1 {
			if err := sortTable(table, p.by); err != nil {
				return err
			}
		}
		return p.next.PrintObj(obj, w)
	}
	if meta.IsListType(obj) {
		if err := sortList(obj, p.by); err != nil {
			return err
		}
	}
	return p.next.PrintObj(obj, w)
}

// sortInfos sorts what was found; server-made tables are sorted in themselves,
// each in its place.
func sortInfos(infos []*cliresource.Info, by string) ([]*cliresource.Info, error) {
	tables := 0
	for _, info := range infos {
		if _, err := decodeTable(info.Object); err == nil {
			tables++
		}
	}
	switch {
	case tables == len(infos):
		return infos, nil // The printer sorts each.
	case tables > 0:
		return nil, fmt.Errorf("sorting is not supported on mixed Table and non-Table object lists")
	case len(infos) < 2:
		return infos, nil
	}
	objects := make([]runtime.Object, len(infos))
	for i, info := range infos {
		objects[i] = info.Object
	}
	order, err := sortedOrder(objects, by)
	if err != nil {
		return nil, err
	}
	sorted := make([]*cliresource.Info, len(infos))
	for to, from := range order {
		sorted[to] = infos[from]
	}
	return sorted, nil
}

func sortList(list runtime.Object, by string) error {
	items, err := meta.ExtractList(list)
	if err != nil || len(items) == 0 {
		return err
	}
	order, err := sortedOrder(items, by)
	if err != nil {
		return err
	}
	sorted := make([]runtime.Object, len(items))
	for to, from := range order {
		sorted[to] = items[from]
	}
	return meta.SetList(list, sorted)
}

func sortTable(table *metav1.Table, by string) error {
	objects := make([]runtime.Object, len(table.Rows))
	for i := range table.Rows {
		objects[i] = table.Rows[i].Object.Object
	}
	order, err := sortedOrder(objects, by)
	if err != nil {
		return err
	}
	sorted := make([]metav1.TableRow, len(table.Rows))
	for to, from := range order {
		sorted[to] = table.Rows[from]
	}
	table.Rows = sorted
	return nil
}

// sortedOrder is the order of objects by a field: the place of each in the
// given list.
func sortedOrder(objects []runtime.Object, by string) ([]int, error) {
	path, err := RelaxedPath(by)
	if err != nil {
		return nil, err
	}
	parser := jsonpath.New("sorting").AllowMissingKeys(true)
	if err := parser.Parse(path); err != nil {
		return nil, err
	}
	s := &fieldSorter{order: make([]int, len(objects)), fields: make([]reflect.Value, len(objects))}
	found := false
	for i, object := range objects {
		s.order[i] = i
		results, err := findResults(parser, object)
		if err != nil {
			return nil, err
		}
		if len(results) > 0 && len(results[0]) > 0 {
			s.fields[i] = results[0][0]
			found = true
		}
	}
	if !found && len(objects) > 0 {
		return nil, fmt.Errorf("couldn't find any field with path %q in the list of objects", path)
	}
	sort.Sort(s)
	return s.order, s.err
}

func findResults(parser *jsonpath.JSONPath, object runtime.Object) ([][]reflect.Value, error) {
	if object, ok := object.(*unstructured.Unstructured); ok {
		return parser.FindResults(object.Object)
	}
	return parser.FindResults(reflect.ValueOf(object).Elem().Interface())
}

// fieldSorter sorts by fields of unknown types; objects without the field come
// first. It is no stable sort, since kubectl's is none and ties must come out
// alike.
type fieldSorter struct {
	order  []int
	fields []reflect.Value
	err    error
}

func (s *fieldSorter) Len() int { return len(s.order) }

func (s *fieldSorter) Swap(i, j int) {
	s.order[i], s.order[j] = s.order[j], s.order[i]
	s.fields[i], s.fields[j] = s.fields[j], s.fields[i]
}

func (s *fieldSorter) Less(i, j int) bool {
	switch {
	case !s.fields[i].IsValid():
		return true
	case !s.fields[j].IsValid():
		return false
	}
	less, err := isLess(s.fields[i], s.fields[j])
	if err != nil {
		s.err = err
	}
	return less
}

// isLess compares two values of one type.
func isLess(i, j reflect.Value) (bool, error) {
	switch i.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return i.Int() < j.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return i.Uint() < j.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return i.Float() < j.Float(), nil
	case reflect.String:
		return i.String() < j.String(), nil
	case reflect.Pointer:
		return isLess(i.Elem(), j.Elem())
	case reflect.Array, reflect.Slice:
		return elementsLess(i, j, min(i.Len(), j.Len()), reflect.Value.Index)
	case reflect.Struct:
		return structLess(i, j)
	case reflect.Interface:
		return interfaceLess(i, j)
	}
	return false, fmt.Errorf("unsortable type: %v", i.Kind())
}

func structLess(i, j reflect.Value) (bool, error) {
	switch a := i.Interface().(type) {
	case metav1.Time:
		b := j.Interface().(metav1.Time)
		return a.Before(&b), nil
	case resource.Quantity:
		return a.Cmp(j.Interface().(resource.Quantity)) < 0, nil
	}
	return elementsLess(i, j, i.NumField(), reflect.Value.Field)
}

// elementsLess holds if every element of i is less than that of j.
func elementsLess(i, j reflect.Value, count int, element func(reflect.Value, int) reflect.Value) (bool, error) {
	for at := range count {
		if less, err := isLess(element(i, at), element(j, at)); err != nil || !less {
			return less, err
		}
	}
	return true, nil
}

// interfaceLess compares values of JSON; texts that are quantities compare as
// quantities, values of different types not at all.
func interfaceLess(i, j reflect.Value) (bool, error) {
	switch {
	case j.IsNil():
		return false, nil
	case i.IsNil():
		return true, nil
	}
	a, b := i.Elem(), j.Elem()
	if a.Kind() > reflect.Float64 && a.Kind() != reflect.String || a.Kind() == reflect.Bool {
		return false, fmt.Errorf("unsortable type: %T", i.Interface())
	}
	if a.Type() != b.Type() {
		return false, fmt.Errorf("unsortable interface: %v", i.Kind())
	}
	if a.Kind() != reflect.String {
		return isLess(a, b)
	}
	left, err := resource.ParseQuantity(a.String())
	if err != nil {
		return a.String() < b.String(), nil
	}
	right, err := resource.ParseQuantity(b.String())
	if err != nil {
		return a.String() < b.String(), nil
	}
	return left.Cmp(right) < 0, nil
}
