package document

import (
	"slices"
	"strings"
)

const jsonIndent = "    "

// AppendJSON appends the value as indented JSON with sorted keys, as it stands
// at a depth of nesting. There is no line break at its end.
func (v *Value) AppendJSON(to []byte, depth int) ([]byte, error) {
	if err := v.read(); err != nil {
		return nil, err
	}
	switch v.kind {
	case object:
		members := sorted(v.members, func(a, b string) bool { return a < b })
		return appendJSONList(to, "{}", depth, len(members), func(to []byte, i int) ([]byte, error) {
			to = append(append(to, quoteKey(members[i].key)...), ": "...)
			return members[i].value.AppendJSON(to, depth+1)
		})
	case array:
		return appendJSONList(to, "[]", depth, len(v.elements), func(to []byte, i int) ([]byte, error) {
			return v.elements[i].AppendJSON(to, depth+1)
		})
	}
	text, err := v.normal()
	return append(to, text...), err
}

// appendJSONList appends n items between brackets, each on a line of its own.
func appendJSONList(to []byte, brackets string, depth, n int, item func([]byte, int) ([]byte, error)) ([]byte, error) {
	if n == 0 {
		return append(to, brackets...), nil
	}
	to = append(to, brackets[0])
	var err error
	for i := range n {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = item(appendLine(to, jsonIndent, depth+1), i); err != nil {
			return nil, err
		}
	}
	return append(appendLine(to, jsonIndent, depth), brackets[1]), nil
}

func appendLine(to []byte, indent string, depth int) []byte {
	to = append(to, '\n')
	for range depth {
		to = append(to, indent...)
	}
	return to
}

func quoteKey(key string) []byte {
	if strings.ContainsFunc(key, func(r rune) bool {
		return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&'
	}) {
		return quote(key)
	}
	return append(append([]byte{'"'}, key...), '"')
}

// sorted puts members in order; of those with the same key, the last counts.
func sorted(members []member, less func(a, b string) bool) []member {
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case less(a.key, b.key):
			return -1
		case less(b.key, a.key):
			return 1
		}
		return 0
	})
	kept := members[:0]
	for i, m := range members {
		if i+1 == len(members) || members[i+1].key != m.key {
			kept = append(kept, m)
		}
	}
	return kept
}
