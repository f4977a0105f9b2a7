package ownership

import (
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// change is how a field differs between two objects.
type change int

const (
	removed change = iota
	modified
	added
	numChanges
)

// comparison is the fields in which two objects differ, by change.
type comparison [numChanges]*fieldpath.Set

// compare compares two objects of a plan's type, as structured merge does. ok
// is false for objects that only it can compare: those with duplicates in
// associative lists.
func (p *plan) compare(l, r reflect.Value) (c comparison, ok bool) {
	for i := range c {
		c[i] = fieldpath.NewSet()
	}
	w := &comparer{ok: true}
	w.path = append(w.path, cursor{sets: c})
	w.walk(p, l, r)
	return c, w.ok
}

// comparer walks through two objects at once.
type comparer struct {
	path []cursor
	ok   bool
}

// cursor is where the comparer is. Its sets are made when something is put
// into them.
type cursor struct {
	element fieldpath.PathElement
	sets    comparison
}

// set is the set of changes below a depth.
func (w *comparer) set(depth int, c change) *fieldpath.Set {
	at := &w.path[depth]
	if at.sets[c] == nil {
		at.sets[c] = w.set(depth-1, c).Children.Descend(at.element)
	}
	return at.sets[c]
}

// note puts the current field into a set.
func (w *comparer) note(c change) {
	if depth := len(w.path) - 1; depth > 0 {
		w.set(depth-1, c).Members.Insert(w.path[depth].element)
	}
}

// child compares what is under an element of the path.
func (w *comparer) child(e fieldpath.PathElement, p *plan, l, r reflect.Value) {
	w.path = append(w.path, cursor{element: e})
	w.walk(p, l, r)
	w.path = w.path[:len(w.path)-1]
}

// walk compares two values, either of which may be invalid: not there.
func (w *comparer) walk(p *plan, l, r reflect.Value) {
	if !l.IsValid() && !r.IsValid() || shared(l, r) {
		return
	}
	a, b := deref(l), deref(r)
	if p.kind == planLeaf || p.empty(a) && p.empty(b) {
		w.leaf(p, l, r, a, b)
		return
	}
	switch p.kind {
	case planStruct:
		w.structs(p, a, b)
	case planMap:
		w.maps(p, a, b)
	case planList:
		w.lists(p, a, b)
	}
	if !l.IsValid() {
		w.note(added)
	} else if !r.IsValid() {
		w.note(removed)
	}
}

// shared reports whether two values are one in memory: what a write leaves
// alone, versions of an object mostly share.
func shared(l, r reflect.Value) bool {
	if !l.IsValid() || !r.IsValid() || l.Kind() != r.Kind() {
		return false
	}
	switch l.Kind() {
	case reflect.Pointer, reflect.Map:
		return l.UnsafePointer() == r.UnsafePointer()
	case reflect.Slice:
		return l.UnsafePointer() == r.UnsafePointer() && l.Len() == r.Len()
	}
	return false
}

// deref follows pointers; a nil one, and a nil map or list, is null, which is
// invalid here like what is not there.
func deref(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if v.IsValid() && (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.IsNil() {
		return reflect.Value{}
	}
	return v
}

// empty reports whether a value has nothing to descend into.
func (p *plan) empty(v reflect.Value) bool {
	if !v.IsValid() {
		return true
	}
	switch p.kind {
	case planMap, planList:
		return v.Len() == 0
	case planStruct:
		return !slices.ContainsFunc(p.fields, func(f plannedField) bool { return f.of(v).IsValid() })
	}
	return false
}

func (w *comparer) leaf(p *plan, l, r, a, b reflect.Value) {
	switch {
	case !l.IsValid():
		w.note(added)
	case !r.IsValid():
		w.note(removed)
	case a.IsValid() != b.IsValid():
		w.note(modified)
	case a.IsValid() && !(p.kind != planLeaf || same(a, b)):
		w.note(modified)
	}
}

func (w *comparer) structs(p *plan, a, b reflect.Value) {
	for i := range p.fields {
		f := &p.fields[i]
		w.child(fieldpath.PathElement{FieldName: f.name}, f.plan, f.of(a), f.of(b))
	}
}

func (w *comparer) maps(p *plan, a, b reflect.Value) {
	for _, key := range unionOfKeys(a, b) {
		name := key.String()
		w.child(fieldpath.PathElement{FieldName: &name}, p.elem, lookup(a, key), lookup(b, key))
	}
}

func lookup(m, key reflect.Value) reflect.Value {
	if !m.IsValid() {
		return m
	}
	return m.MapIndex(key)
}

// unionOfKeys are the keys of two maps, in order.
func unionOfKeys(a, b reflect.Value) []reflect.Value {
	var keys []reflect.Value
	if a.IsValid() {
		keys = a.MapKeys()
	}
	if b.IsValid() {
		for _, key := range b.MapKeys() {
			if !lookup(a, key).IsValid() {
				keys = append(keys, key)
			}
		}
	}
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	return keys
}

// item is an element of an associative list.
type item struct {
	element     fieldpath.PathElement
	left, right reflect.Value
}

func (w *comparer) lists(p *plan, a, b reflect.Value) {
	var items []item
	items = w.collect(p, items, a, func(i *item) *reflect.Value { return &i.left })
	items = w.collect(p, items, b, func(i *item) *reflect.Value { return &i.right })
	slices.SortFunc(items, func(x, y item) int { return x.element.Compare(y.element) })
	for i := range items {
		w.child(items[i].element, p.elem, items[i].left, items[i].right)
	}
}

// collect adds the elements of one side to the items.
func (w *comparer) collect(p *plan, items []item, list reflect.Value, side func(*item) *reflect.Value) []item {
	if !list.IsValid() {
		return items
	}
	for n := range list.Len() {
		v := list.Index(n)
		element, ok := p.elementOf(deref(v))
		if !ok {
			w.ok = false
			return items
		}
		i := slices.IndexFunc(items, func(known item) bool { return known.element.Equals(element) })
		if i < 0 {
			items = append(items, item{element: element})
			i = len(items) - 1
		}
		if side(&items[i]).IsValid() {
			w.ok = false // a duplicate
		}
		*side(&items[i]) = v
	}
	return items
}

// elementOf is how a path names an element of an associative list.
func (p *plan) elementOf(v reflect.Value) (fieldpath.PathElement, bool) {
	if !v.IsValid() {
		return fieldpath.PathElement{}, false
	}
	if len(p.keys) == 0 {
		scalar, ok := scalarOf(v)
		return fieldpath.PathElement{Value: &scalar}, ok
	}
	keys := make(value.FieldList, 0, len(p.keys))
	for i := range p.keys {
		key := &p.keys[i]
		switch field := deref(key.of(v)); {
		case field.IsValid():
			scalar, ok := scalarOf(field)
			if !ok {
				return fieldpath.PathElement{}, false
			}
			keys = append(keys, value.Field{Name: *key.name, Value: scalar})
		case key.fallback != nil:
			keys = append(keys, value.Field{Name: *key.name, Value: value.NewValueInterface(key.fallback)})
		}
	}
	return fieldpath.PathElement{Key: &keys}, len(keys) > 0
}

func scalarOf(v reflect.Value) (value.Value, bool) {
	switch v.Kind() {
	case reflect.String:
		return value.NewValueInterface(v.String()), true
	case reflect.Int, reflect.Int32, reflect.Int64:
		return value.NewValueInterface(v.Int()), true
	case reflect.Bool:
		return value.NewValueInterface(v.Bool()), true
	}
	return nil, false
}
