package userland

import (
	"io"
	"strings"
)

func xargs(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "n:I:0rtP:L:d:", stop: true, long: map[string]string{"null": "0", "no-run-if-empty": "r", "max-args": "n"}}, t.args)
	if !ok {
		return 1
	}
	data, _ := io.ReadAll(t.p.Reader(0))
	items := xargsItems(string(data), f)
	words := f.rest
	if len(words) == 0 {
		words = []string{"echo"}
	}
	if mark := f.value("I", ""); mark != "" {
		for _, item := range items {
			args := make([]string, len(words))
			for i, word := range words {
				args[i] = strings.ReplaceAll(word, mark, item)
			}
			t.runForXargs(args, f)
		}
		return 0
	}
	if len(items) == 0 {
		if !f.has("r") && t.gnu {
			t.runForXargs(words, f)
		}
		return 0
	}
	size := f.number("n", f.number("L", len(items)))
	for size > 0 && len(items) > 0 {
		n := min(size, len(items))
		t.runForXargs(append(words[:len(words):len(words)], items[:n]...), f)
		items = items[n:]
	}
	return 0
}

func (t *tool) runForXargs(args []string, f *flags) {
	if f.has("t") {
		t.p.Writer(2).Write([]byte(strings.Join(args, " ") + "\n")) //nolint:errcheck // nothing to do about it
	}
	switch code := t.run(args); {
	case code == 0:
	case code == 126 || code == 127:
		t.code = code
	default:
		t.code = 123
	}
}

// xargsItems splits the input into arguments.
func xargsItems(text string, f *flags) []string {
	sep := ""
	switch {
	case f.has("0"):
		sep = "\x00"
	case f.has("d"):
		sep = string(trEscapes(f.value("d", "")))
	case f.any("IL"):
		sep = "\n"
	}
	if sep != "" {
		var items []string
		for item := range strings.SplitSeq(strings.TrimSuffix(text, sep), sep) {
			if item != "" {
				items = append(items, item)
			}
		}
		return items
	}
	return quotedFields(text)
}

// quotedFields splits at blanks, minding quotes and backslashes.
func quotedFields(text string) []string {
	var items []string
	var item strings.Builder
	inItem := false
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			item.WriteByte(c)
		case c == '\'' || c == '"':
			quote, inItem = c, true
		case c == '\\' && i+1 < len(text):
			i++
			item.WriteByte(text[i])
			inItem = true
		case strings.IndexByte(" \t\n", c) >= 0:
			if inItem {
				items = append(items, item.String())
				item.Reset()
				inItem = false
			}
		default:
			item.WriteByte(c)
			inItem = true
		}
	}
	if inItem {
		items = append(items, item.String())
	}
	return items
}
