package document

import (
	"iter"
	"strconv"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Text is what a string says; "" of any other value.
func (v *Value) Text() string {
	if v == nil || v.kind != scalar || v.text[0] != '"' {
		return ""
	}
	s, _ := unquote(v.text)
	return s
}

// Elements are the values of an array, nil of any other value.
func (v *Value) Elements() []Value {
	if v == nil {
		return nil
	}
	v.look()
	return v.elements
}

// Members are the keys and values of an object, in the order of the text.
func (v *Value) Members() iter.Seq2[string, *Value] {
	return func(yield func(string, *Value) bool) {
		v.look()
		for i := range v.members {
			if !yield(v.members[i].key, &v.members[i].value) {
				return
			}
		}
	}
}

// IsObject says whether the value is an object.
func (v *Value) IsObject() bool {
	return v != nil && (v.kind == object || v.kind == unread && v.text[0] == '{')
}

// IsArray says whether the value is an array.
func (v *Value) IsArray() bool {
	return v != nil && (v.kind == array || v.kind == unread && v.text[0] == '[')
}

// Any is the value as Kubernetes decodes JSON to Go's own types.
func (v *Value) Any() (any, error) {
	if v.kind == scalar {
		switch c := v.text[0]; {
		case c == '"':
			return unquote(v.text)
		case plainInteger(v.text):
			return strconv.ParseInt(string(v.text), 10, 64)
		}
	}
	var decoded any
	err := v.Decode(&decoded)
	return decoded, err
}

// Decode stores the value in what into points to, as Kubernetes decodes JSON.
func (v *Value) Decode(into any) error { return utiljson.Unmarshal(v.appendText(nil), into) }

// appendText appends the value as JSON in the shortest form, unordered. What
// nobody has looked into stays as it was written.
func (v *Value) appendText(to []byte) []byte {
	switch v.kind {
	case object:
		to = append(to, '{')
		for i := range v.members {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(append(to, quoteKey(v.members[i].key)...), ':')
			to = v.members[i].value.appendText(to)
		}
		return append(to, '}')
	case array:
		to = append(to, '[')
		for i := range v.elements {
			if i > 0 {
				to = append(to, ',')
			}
			to = v.elements[i].appendText(to)
		}
		return append(to, ']')
	}
	return append(to, v.text...)
}
