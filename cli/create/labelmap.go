package create

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// labelMap is the value of a flag that takes KEY=VALUE,KEY=VALUE and may be
// given several times.
type labelMap map[string]string

// Set adds pairs.
func (m *labelMap) Set(text string) error {
	if *m == nil {
		*m = labelMap{}
	}
	for pair := range strings.SplitSeq(text, ",") {
		if pair == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return errors.New("malformed pair, expect string=string")
		}
		(*m)[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return nil
}

// String lists the pairs by key.
func (m *labelMap) String() string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(*m)) {
		pairs = append(pairs, fmt.Sprintf("%s=%s", key, (*m)[key]))
	}
	return strings.Join(pairs, ",")
}

// Type names the kind of value.
func (m *labelMap) Type() string { return "mapStringString" }
