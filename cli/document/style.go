package document

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// style is how YAML writes a string.
type style int

const (
	unknown style = iota // To be found out by the library.
	plain
	quoted // In double quotes, with nothing to escape.
)

// reserved are the words that mean something else to YAML.
var reserved = []string{
	"y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF",
	"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL",
}

// styleOf knows the style of most strings that begin in a column; others it
// leaves to the library.
func styleOf(s string, column int) style {
	switch {
	case s == "", isTimestamp(s), isInteger(s), slices.Contains(reserved, s):
		return quoted
	case isUUID(s), isAddress(s):
		return plain
	case isDigit(s[0]) && !saysNoNumber(s), !beginsText(s[0]), !beginsText(s[len(s)-1]):
		return unknown
	}
	spaces := false
	for i := range len(s) {
		switch c := s[i]; {
		case beginsText(c), c == '.', c == '_', c == '-':
		case c == ':' && s[i+1] != ' ':
		case c == ' ' && s[i+1] != '#':
			spaces = true
		default:
			return unknown
		}
	}
	if spaces && column+len(s) > maxColumn {
		return unknown
	}
	return plain
}

// beginsText says whether text that is not quoted may begin and end with c.
func beginsText(c byte) bool { return isLetter(c) || isDigit(c) || c == '/' }

// saysNoNumber says whether s has a letter that no number and no time has.
func saysNoNumber(s string) bool {
	for i := range len(s) {
		if isLetter(s[i]) && !isHex(s[i]) && !strings.ContainsRune("xXoOtTzZ", rune(s[i])) {
			return !strings.Contains(s, ":")
		}
	}
	return false
}

// isAddress recognizes IPv4 addresses: digits with two dots or more.
func isAddress(s string) bool {
	dots := 0
	for i := range len(s) {
		if s[i] == '.' {
			dots++
		} else if !isDigit(s[i]) {
			return false
		}
	}
	return dots > 1 && isDigit(s[0]) && isDigit(s[len(s)-1])
}

func isUUID(s string) bool {
	const form = "00000000-0000-0000-0000-000000000000"
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '0' && !isHex(s[i]) || form[i] == '-' && s[i] != '-' {
			return false
		}
	}
	return true
}

// isTimestamp recognizes the form in which the API writes times.
func isTimestamp(s string) bool {
	if len(s) != len("2006-01-02T15:04:05Z") || s[len(s)-1] != 'Z' {
		return false
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// isInteger recognizes integers without a leading zero.
func isInteger(s string) bool {
	if len(s) > maxPlainInteger || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// naturalLess is the order of keys in YAML: numbers within them count as
// numbers, and letters come after all other characters.
func naturalLess(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if x[i] == y[i] {
			continue
		}
		switch left, right := unicode.IsLetter(x[i]), unicode.IsLetter(y[i]); {
		case left && right:
			return x[i] < y[i]
		case left || right:
			return right
		}
		return numberLess(x, y, i)
	}
	return len(x) < len(y)
}

// numberLess compares two texts whose first difference is at i and no letter: by
// the numbers that begin there, the shorter of two equal ones first.
func numberLess(x, y []rune, i int) bool {
	leading := int64(0)
	if x[i] == '0' || y[i] == '0' { // A zero within a number is no leading one.
		for j := i - 1; j >= 0 && unicode.IsDigit(x[j]) && leading == 0; j-- {
			if x[j] != '0' {
				leading = 1
			}
		}
	}
	left, leftEnd := number(x, i, leading)
	right, rightEnd := number(y, i, leading)
	switch {
	case left != right:
		return left < right
	case leftEnd != rightEnd:
		return leftEnd < rightEnd
	}
	return x[i] < y[i]
}

// number reads on in a number whose first digits are known.
func number(text []rune, at int, value int64) (int64, int) {
	for ; at < len(text) && unicode.IsDigit(text[at]); at++ {
		value = value*10 + int64(text[at]-'0')
	}
	return value, at
}
