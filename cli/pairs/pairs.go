// Package pairs reads the KEY=VALUE and KEY- arguments by which labels,
// annotations, environments and the like are changed.
package pairs

import (
	"fmt"
	"strings"
)

// Changes are what a list of pairs asks for.
type Changes struct {
	Set    map[string]string // KEY=VALUE
	Remove []string          // KEY-
}

// isSet tells KEY=VALUE.
func isSet(arg string) bool { return strings.Contains(arg, "=") && arg[0] != '=' }

// isRemove tells KEY-.
func isRemove(arg string) bool { return strings.HasSuffix(arg, "-") && arg != "-" }

// Parse reads pairs; kind names them in errors.
func Parse(args []string, kind string) (Changes, error) {
	changes := Changes{Set: map[string]string{}}
	var invalid []string
	for _, arg := range args {
		switch {
		case isSet(arg):
			key, value, _ := strings.Cut(arg, "=")
			changes.Set[key] = value
		case isRemove(arg):
			changes.Remove = append(changes.Remove, strings.TrimSuffix(arg, "-"))
		case arg != "" || len(invalid) > 0: // As in kubectl, nothing asks for nothing.
			invalid = append(invalid, arg)
		}
	}
	if len(invalid) > 0 {
		return Changes{}, fmt.Errorf("invalid %s format: %s", kind, strings.Join(invalid, ", "))
	}
	return changes, nil
}

// Split tells resources, which come first, from the pairs after them.
func Split(args []string, kind string) (resources, pairs []string, err error) {
	for _, arg := range args {
		switch {
		case isSet(arg) || isRemove(arg):
			pairs = append(pairs, arg)
		case len(pairs) > 0:
			return nil, nil, fmt.Errorf("all resources must be specified before %s changes: %s", kind, arg)
		default:
			resources = append(resources, arg)
		}
	}
	return resources, pairs, nil
}

// Labels reads KEY=VALUE,KEY=VALUE.
func Labels(spec string) (map[string]string, error) {
	labels := map[string]string{}
	for _, part := range strings.Split(spec, ",") {
		pair := strings.Split(part, "=")
		if len(pair) != 2 {
			return nil, fmt.Errorf("unexpected label spec: %s", part)
		}
		if pair[0] == "" {
			return nil, fmt.Errorf("unexpected empty label key")
		}
		labels[pair[0]] = pair[1]
	}
	return labels, nil
}
