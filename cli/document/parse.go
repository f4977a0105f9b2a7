// Package document turns JSON as servers send it into the JSON and YAML that
// kubectl prints, byte for byte, without making objects of it: values stay
// parts of the text that they were parsed from.
//
// It must not import anything of ours.
package document

import (
	"bytes"
	"errors"
	"fmt"
)

// kind is what a Value is.
type kind byte

const (
	scalar kind = iota // A string, number, true, false or null.
	object
	array
	unread // An object or array that is parsed when somebody looks into it.
)

// maxDepth is how deep values may be nested in each other.
const maxDepth = 10000

// Value is a JSON value. It shares the text that it was parsed from, which must
// not be changed.
type Value struct {
	kind     kind
	text     []byte // Of a scalar and of what is unread, as it was written.
	members  []member
	elements []Value
}

// member is a key of an object, and its value.
type member struct {
	key   string
	value Value
}

// Parse reads one JSON value. What is nested in it is read when somebody looks
// into it; if that is no JSON, there is nothing to see in it, and an error when
// it is written or decoded.
func Parse(text []byte) (*Value, error) {
	return parse(text, (*parser).skip)
}

// parse reads one JSON value, whose parts are read by the function nested.
func parse(text []byte, nested func(p *parser, depth int) (Value, error)) (*Value, error) {
	p := parser{text: text, nested: nested}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at != len(text) {
		return nil, p.unexpected()
	}
	return &v, nil
}

// String is a value that is a string.
func String(s string) Value { return Value{text: quote(s)} }

// Get is the member of an object with this key, nil if there is none.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	v.look()
	for i := len(v.members) - 1; i >= 0; i-- {
		if v.members[i].key == key {
			return &v.members[i].value
		}
	}
	return nil
}

// Set adds a member to an object, or gives it another value.
func (v *Value) Set(key string, value Value) {
	if old := v.Get(key); old != nil {
		*old = value
		return
	}
	v.members = append(v.members, member{key, value})
}

// Remove takes a member out of an object, if it is there.
func (v *Value) Remove(key string) {
	if v == nil {
		return
	}
	v.look()
	kept := v.members[:0]
	for _, m := range v.members {
		if m.key != key {
			kept = append(kept, m)
		}
	}
	v.members = kept
}

type parser struct {
	text   []byte
	at     int
	nested func(p *parser, depth int) (Value, error)
}

var (
	errEnd   = errors.New("unexpected end of JSON input")
	errDepth = errors.New("exceeded max depth")
)

func (p *parser) unexpected() error {
	if p.at >= len(p.text) {
		return errEnd
	}
	return fmt.Errorf("invalid character %q at offset %d", p.text[p.at], p.at)
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next is the next character that is no space; 0 at the end.
func (p *parser) next() byte {
	if p.space(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, errDepth
	}
	switch p.next() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	}
	text, err := p.scalar()
	return Value{text: text}, err
}

func (p *parser) object(depth int) (Value, error) {
	v := Value{kind: object}
	err := p.list('}', func() error {
		key, err := p.key()
		if err != nil {
			return err
		}
		value, err := p.nested(p, depth+1)
		if err != nil {
			return err
		}
		v.members = append(v.members, member{key, value})
		return nil
	})
	return v, err
}

func (p *parser) array(depth int) (Value, error) {
	v := Value{kind: array}
	err := p.list(']', func() error {
		value, err := p.nested(p, depth+1)
		v.elements = append(v.elements, value)
		return err
	})
	return v, err
}

// skip passes over an object or array without parsing it.
func (p *parser) skip(depth int) (Value, error) {
	if c := p.next(); c != '{' && c != '[' {
		return p.value(depth)
	}
	start, open := p.at, 0
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '"':
			if err := p.string(); err != nil {
				return Value{}, err
			}
			continue
		case '{', '[':
			if open++; depth+open > maxDepth {
				return Value{}, errDepth
			}
		case '}', ']':
			open--
		}
		if p.at++; open == 0 {
			return Value{kind: unread, text: p.text[start:p.at]}, nil
		}
	}
	return Value{}, errEnd
}

// look parses what was skipped, but for what is nested in it.
func (v *Value) look() {
	if v.kind == unread {
		if parsed, err := Parse(v.text); err == nil {
			*v = *parsed
		}
	}
}

// read parses what was skipped, with all that is nested in it.
func (v *Value) read() error {
	if v.kind != unread {
		return nil
	}
	parsed, err := parse(v.text, (*parser).value)
	if err == nil {
		*v = *parsed
	}
	return err
}

// list reads what stands between brackets and commas, up to end.
func (p *parser) list(end byte, item func() error) error {
	p.at++
	if p.next() == end {
		p.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch p.next() {
		case ',':
			p.at++
		case end:
			p.at++
			return nil
		default:
			return p.unexpected()
		}
	}
}

// key reads the key of a member, and the colon.
func (p *parser) key() (string, error) {
	if p.next() != '"' {
		return "", p.unexpected()
	}
	text, err := p.scalar()
	if err != nil {
		return "", err
	}
	if p.next() != ':' {
		return "", p.unexpected()
	}
	p.at++
	return unquote(text)
}

// scalar reads the text of a string, number, true, false or null.
func (p *parser) scalar() ([]byte, error) {
	start := p.at
	if p.at < len(p.text) && p.text[p.at] == '"' {
		if err := p.string(); err != nil {
			return nil, err
		}
		return p.text[start:p.at], nil
	}
	for p.at < len(p.text) && !bytes.ContainsRune([]byte(",]} \t\n\r:"), rune(p.text[p.at])) {
		p.at++
	}
	text := p.text[start:p.at]
	if !isLiteral(text) {
		p.at = start
		return nil, p.unexpected()
	}
	return text, nil
}

// string passes over a string.
func (p *parser) string() error {
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\\':
			p.at++
		case c == '"':
			p.at++
			return nil
		case c < ' ':
			return p.unexpected()
		}
	}
	return errEnd
}
