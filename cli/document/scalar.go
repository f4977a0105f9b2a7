package document

import (
	"encoding/json"
	"unicode/utf8"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// maxPlainInteger is how many characters an integer may have that surely fits
// into 64 bits.
const maxPlainInteger = 18

func isLiteral(text []byte) bool {
	return len(text) > 0 && (plainInteger(text) || json.Valid(text))
}

// plainInteger says whether a number is an integer that is printed as it is
// written.
func plainInteger(text []byte) bool {
	digits := text
	if len(digits) > 1 && digits[0] == '-' && digits[1] != '0' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > maxPlainInteger || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// plainString says whether a quoted string means just the characters in it, and
// is printed as it is written.
func plainString(text []byte) bool {
	for _, c := range text[1 : len(text)-1] {
		switch {
		case c < ' ', c >= utf8.RuneSelf, c == '\\', c == '<', c == '>', c == '&', c == 0x7f:
			return false
		}
	}
	return true
}

func unquote(text []byte) (string, error) {
	if plainString(text) {
		return string(text[1 : len(text)-1]), nil
	}
	var s string
	err := json.Unmarshal(text, &s)
	return s, err
}

func quote(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // A string can always be encoded.
	}
	return text
}

// normal is a scalar as Kubernetes' own decoding and encoding leave it.
func (v *Value) normal() ([]byte, error) {
	switch c := v.text[0]; {
	case c == '"':
		if plainString(v.text) {
			return v.text, nil
		}
	case c == 't', c == 'f', c == 'n', plainInteger(v.text):
		return v.text, nil
	}
	var decoded any
	if err := utiljson.Unmarshal(v.text, &decoded); err != nil {
		return nil, err
	}
	return json.Marshal(decoded)
}
