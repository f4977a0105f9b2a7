package document

import (
	"bytes"
	"fmt"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// maxColumn is where YAML begins to fold text with spaces.
const maxColumn = 80

// maxKey is the length up to which a key stands on the line of its value.
const maxKey = 100

// AppendYAML appends the value, an object or array, as YAML with sorted keys and a line break at its
// end. Its first line continues one on which indent characters stand already;
// the others begin with so many spaces.
func (v *Value) AppendYAML(to []byte, indent int) ([]byte, error) {
	if err := v.read(); err != nil {
		return nil, err
	}
	switch {
	case v.kind == object && len(v.members) > 0:
		return v.appendMapping(to, indent)
	case v.kind == array && len(v.elements) > 0:
		return v.appendSequence(to, indent)
	case v.kind == object:
		return append(to, "{}\n"...), nil
	case v.kind == array:
		return append(to, "[]\n"...), nil
	}
	return nil, fmt.Errorf("%s is no document", v.text)
}

func (v *Value) appendMapping(to []byte, indent int) ([]byte, error) {
	for _, m := range v.members {
		if len(m.key) > maxKey || strings.ContainsFunc(m.key, isStrange) {
			return v.appendStrange(to, indent)
		}
	}
	for i, m := range sorted(v.members, naturalLess) {
		if i > 0 {
			to = appendSpaces(to, indent)
		}
		key, err := yamlKey(m.key)
		if err != nil {
			return nil, err
		}
		if err := m.value.read(); err != nil {
			return nil, err
		}
		to = append(append(to, key...), ':')
		switch value := &m.value; {
		case value.kind == object && len(value.members) > 0:
			to, err = value.AppendYAML(appendSpaces(append(to, '\n'), indent+2), indent+2)
		case value.kind == array && len(value.elements) > 0:
			to, err = value.AppendYAML(appendSpaces(append(to, '\n'), indent), indent)
		case value.kind != scalar:
			to, err = value.AppendYAML(append(to, ' '), indent)
		default:
			to, err = appendScalar(append(to, ' '), value, position{indent: indent, column: indent + len(key) + 2, key: m.key, keyed: true})
		}
		if err != nil {
			return nil, err
		}
	}
	return to, nil
}

func (v *Value) appendSequence(to []byte, indent int) ([]byte, error) {
	var err error
	for i := range v.elements {
		if i > 0 {
			to = appendSpaces(to, indent)
		}
		to = append(to, "- "...)
		if element := &v.elements[i]; element.kind == scalar {
			to, err = appendScalar(to, element, position{indent: indent, column: indent + 2})
		} else {
			to, err = element.AppendYAML(to, indent+2)
		}
		if err != nil {
			return nil, err
		}
	}
	return to, nil
}

func appendSpaces(to []byte, n int) []byte {
	for range n {
		to = append(to, ' ')
	}
	return to
}

// position is where a scalar stands: behind a key, or behind the dash of a
// sequence.
type position struct {
	indent int    // Of the key or dash.
	column int    // Of the scalar itself.
	key    string // The key, if it is keyed.
	keyed  bool
}

func appendScalar(to []byte, v *Value, at position) ([]byte, error) {
	if v.text[0] == '"' {
		s, err := unquote(v.text)
		if err != nil {
			return nil, err
		}
		switch styleOf(s, at.column) {
		case plain:
			return append(append(to, s...), '\n'), nil
		case quoted:
			return append(append(append(to, '"'), s...), "\"\n"...), nil
		case unknown:
			return appendString(to, s, at)
		}
	}
	text, err := v.normal()
	if err != nil {
		return nil, err
	}
	if !plainInteger(text) && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') {
		written, err := yaml.JSONToYAML(text)
		return append(to, written...), err
	}
	return append(append(to, text...), '\n'), nil
}

// isStrange tells characters with which a key might need lines of its own.
func isStrange(r rune) bool { return r < ' ' || r > '~' }

// appendStrange writes a mapping with a strange key.
func (v *Value) appendStrange(to []byte, indent int) ([]byte, error) {
	text, err := v.AppendJSON(nil, 0)
	if err != nil {
		return nil, err
	}
	var mapping any
	if err := utiljson.Unmarshal(text, &mapping); err != nil {
		return nil, err
	}
	return appendByLibrary(to, mapping, indent/2, indent)
}

// appendString writes a string of a style that only the library knows.
func appendString(to []byte, s string, at position) ([]byte, error) {
	switch {
	case at.keyed:
		return appendByLibrary(to, map[string]any{at.key: s}, at.indent/2, at.column)
	case at.indent == 0:
		return appendByLibrary(to, []any{s}, 0, at.column)
	}
	// A sequence stands right below its key.
	return appendByLibrary(to, []any{s}, at.indent/2+1, at.column)
}

// appendByLibrary has the YAML library write a value as it stands below so many
// keys, so that quotes, blocks and folds come out alike, and leaves out what
// stands before column in its first line.
func appendByLibrary(to []byte, value any, header, column int) ([]byte, error) {
	for range header {
		value = map[string]any{"k": value}
	}
	written, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	for range header {
		_, written, _ = bytes.Cut(written, []byte("\n"))
	}
	return append(to, written[column:]...), nil
}

func yamlKey(key string) (string, error) {
	if style := styleOf(key, 0); style == plain {
		return key, nil
	}
	written, err := yaml.Marshal(map[string]any{key: 0})
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(written, []byte(": 0\n"))), nil
}
