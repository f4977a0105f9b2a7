package diff

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// change is a field that differs between two values.
type change struct {
	path     string // As the server writes paths, such as .spec.containers[name="web"].image.
	from, to any
	mark     string // One of the marks below.
}

// Marks of what is new, gone, and has another value.
const (
	added   = "+"
	removed = "-"
	changed = "~"
)

// changes are the differences of two JSON values, the deepest fields that tell
// them. Fields are in order by name, items in that of the list.
func changes(path string, from, to any) []change {
	switch from := from.(type) {
	case map[string]any:
		if to, ok := to.(map[string]any); ok {
			return changesOfObjects(path, from, to)
		}
	case []any:
		if to, ok := to.([]any); ok {
			return changesOfLists(path, from, to)
		}
	}
	if reflect.DeepEqual(from, to) {
		return nil
	}
	return []change{{path, from, to, changed}}
}

func changesOfObjects(path string, from, to map[string]any) []change {
	all := maps.Clone(from)
	maps.Copy(all, to)
	var found []change
	for _, key := range slices.Sorted(maps.Keys(all)) {
		before, had := from[key]
		after, has := to[key]
		found = append(found, changesOfPart(path+"."+key, before, after, had, has)...)
	}
	return found
}

// changesOfPart compares what may be on one side only.
func changesOfPart(path string, from, to any, had, has bool) []change {
	switch {
	case !had:
		return []change{{path, nil, to, added}}
	case !has:
		return []change{{path, from, nil, removed}}
	}
	return changes(path, from, to)
}

// changesOfLists compares items that have the same key, or, if they have none,
// the same place.
func changesOfLists(path string, from, to []any) []change {
	before, after := keyed(from, to)
	var found []change
	for _, key := range before.keys {
		other, has := after.items[key]
		found = append(found, changesOfPart(path+key, before.items[key], other, true, has)...)
	}
	for _, key := range after.keys {
		if _, had := before.items[key]; !had {
			found = append(found, change{path + key, nil, after.items[key], added})
		}
	}
	return found
}

// identities are the fields by which Kubernetes tells items of lists apart.
var identities = [][]string{
	{"mountPath"}, {"devicePath"}, {"containerPort", "protocol"}, {"port", "protocol"},
	{"topologyKey", "whenUnsatisfiable"}, {"uid"}, {"ip"}, {"name"}, {"type"},
}

// items are those of a list, and their keys in its order.
type items struct {
	keys  []string
	items map[string]any
}

// keyed gives the items of two lists keys: by the first identity that all of
// them have, each its own, or by their places.
func keyed(from, to []any) (before, after items) {
	for _, fields := range identities {
		before, ok := keyedBy(fields, from)
		if !ok {
			continue
		}
		if after, ok := keyedBy(fields, to); ok {
			return before, after
		}
	}
	return keyedByPlace(from), keyedByPlace(to)
}

func keyedByPlace(list []any) items {
	found := items{items: map[string]any{}}
	for i, item := range list {
		key := fmt.Sprintf("[%d]", i)
		found.keys = append(found.keys, key)
		found.items[key] = item
	}
	return found
}

func keyedBy(fields []string, list []any) (items, bool) {
	found := items{items: map[string]any{}}
	for _, item := range list {
		object, _ := item.(map[string]any)
		var parts []string
		for _, field := range fields {
			value, ok := object[field]
			if !ok {
				return items{}, false
			}
			parts = append(parts, field+"="+brief(value))
		}
		key := "[" + strings.Join(parts, ",") + "]"
		if _, twice := found.items[key]; twice {
			return items{}, false
		}
		found.keys = append(found.keys, key)
		found.items[key] = item
	}
	return found, true
}

// brief is a value on one line.
func brief(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// String is the change on one line.
func (c change) String() string {
	switch c.mark {
	case added:
		return fmt.Sprintf("%s %s: %s", c.mark, c.path, brief(c.to))
	case removed:
		return fmt.Sprintf("%s %s: %s", c.mark, c.path, brief(c.from))
	}
	return fmt.Sprintf("%s %s: %s -> %s", c.mark, c.path, brief(c.from), brief(c.to))
}
