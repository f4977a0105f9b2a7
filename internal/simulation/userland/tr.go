package userland

import (
	"io"
	"maps"
	"slices"
	"strings"
)

// classes are the character classes of tr.
var classes = map[string]string{
	"alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z",
	"space": "\t\n\v\f\r ", "blank": "\t ", "punct": "!-/:-@[-`{-~", "xdigit": "0-9A-Fa-f", "print": " -~", "cntrl": "\x00-\x1f",
}

// expandSet lists the bytes of a set such as a-z or [:upper:].
func expandSet(set string) []byte {
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		set = strings.ReplaceAll(set, "[:"+name+":]", classes[name])
	}
	raw := trEscapes(set)
	var out []byte
	for i := 0; i < len(raw); i++ {
		if i+2 < len(raw) && raw[i+1] == '-' && raw[i] <= raw[i+2] {
			for c := int(raw[i]); c <= int(raw[i+2]); c++ {
				out = append(out, byte(c))
			}
			i += 2
			continue
		}
		out = append(out, raw[i])
	}
	return out
}

func trEscapes(set string) []byte {
	var out []byte
	for i := 0; i < len(set); i++ {
		if set[i] != '\\' || i+1 == len(set) {
			out = append(out, set[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abfnrtv\`, set[i]); at >= 0 {
			out = append(out, "\a\b\f\n\r\t\v\\"[at])
			continue
		}
		code, digits := 0, 0
		for digits < 3 && i+digits < len(set) && set[i+digits] >= '0' && set[i+digits] <= '7' {
			code = code*8 + int(set[i+digits]-'0')
			digits++
		}
		if digits == 0 {
			out = append(out, set[i])
			continue
		}
		out = append(out, byte(code))
		i += digits - 1
	}
	return out
}

func tr(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "dscCt", stop: true}, t.args)
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return t.usage("[-cds] STRING1 [STRING2]")
	}
	from := expandSet(f.rest[0])
	var to []byte
	if len(f.rest) > 1 {
		to = expandSet(f.rest[1])
	}
	if f.any("cC") {
		from = complement(from)
	}
	var table [256]byte
	var in [256]bool
	for i := range table {
		table[i] = byte(i)
	}
	for i, c := range from {
		in[c] = true
		if len(to) > 0 && !f.has("d") {
			table[c] = to[min(i, len(to)-1)]
		}
	}
	squeeze := in
	if len(to) > 0 {
		squeeze = [256]bool{}
		for _, c := range to {
			squeeze[c] = true
		}
	}
	data, _ := io.ReadAll(t.p.Reader(0))
	t.Write(translate(data, table, in, squeeze, f)) //nolint:errcheck // never fails
	return 0
}

func translate(data []byte, table [256]byte, in, squeeze [256]bool, f *flags) []byte {
	out := make([]byte, 0, len(data))
	for _, c := range data {
		if f.has("d") && in[c] {
			continue
		}
		c = table[c]
		if f.has("s") && squeeze[c] && len(out) > 0 && out[len(out)-1] == c {
			continue
		}
		out = append(out, c)
	}
	return out
}

func complement(set []byte) []byte {
	var in [256]bool
	for _, c := range set {
		in[c] = true
	}
	var out []byte
	for c, member := range in {
		if !member {
			out = append(out, byte(c))
		}
	}
	return out
}
