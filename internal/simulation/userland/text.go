package userland

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// textCommands are the commands about lines of text.
var textCommands = map[string]command{
	"awk": awk, "cat": cat, "cut": cut, "echo": echo, "egrep": grep, "expr": expr, "fgrep": grep, "fold": fold, "grep": grep,
	"head": head, "nl": nl, "paste": paste, "printf": printf, "rev": rev, "sed": sed, "seq": seq, "sort": sortLines,
	"tac": tac, "tail": tail, "tee": tee, "tr": tr, "uniq": uniq, "wc": wc, "xargs": xargs, "yes": yes, "cmp": compare, "diff": diff,
}

func echo(t *tool) int {
	t.print(shell.Echo(t.args, false))
	return 0
}

func printf(t *tool) int {
	if len(t.args) == 0 {
		return t.usage("FORMAT [ARG]...")
	}
	out, err := shell.Printf(t.args[0], t.args[1:])
	t.print(out)
	if err != nil {
		return t.fail("%v", err)
	}
	return 0
}

func wc(t *tool) int {
	f, ok := t.parse("lwcmL", map[string]string{"lines": "l", "words": "w", "bytes": "c", "chars": "m"})
	if !ok {
		return 1
	}
	var total [4]int
	files := 0
	t.inputs(f.rest, func(name string, r io.Reader) {
		data, _ := io.ReadAll(r)
		text := string(data)
		n := [4]int{strings.Count(text, "\n"), len(strings.Fields(text)), len(text), utf8.RuneCountInString(text)}
		for i := range n {
			total[i] += n[i]
		}
		files++
		if len(f.rest) == 0 {
			name = ""
		}
		t.wcLine(f, n, name)
	})
	if files > 1 {
		t.wcLine(f, total, "total")
	}
	return 0
}

func (t *tool) wcLine(f *flags, n [4]int, name string) {
	var fields []string
	for i, letter := range "lwcm" {
		if f.has(string(letter)) || len(f.values) == 0 && letter != 'm' {
			fields = append(fields, strconv.Itoa(n[i]))
		}
	}
	if len(fields) > 1 {
		width := 9
		if t.gnu {
			width = 7
		}
		for i := range fields {
			if i > 0 || !t.gnu || name == "" {
				fields[i] = strings.Repeat(" ", max(0, width-len(fields[i]))) + fields[i]
			}
		}
	}
	if name != "" {
		fields = append(fields, name)
	}
	t.print(strings.Join(fields, " ") + "\n")
}

// ranges reads a list such as 1,3-5,7-.
func ranges(list string) (in func(n int) bool, ok bool) {
	type span struct{ from, to int }
	var spans []span
	for part := range strings.SplitSeq(list, ",") {
		from, to, dash := strings.Cut(part, "-")
		s := span{1, 1 << 30}
		var err error
		if from != "" {
			if s.from, err = strconv.Atoi(from); err != nil {
				return nil, false
			}
		}
		if !dash {
			s.to = s.from
		} else if to != "" {
			if s.to, err = strconv.Atoi(to); err != nil {
				return nil, false
			}
		}
		spans = append(spans, s)
	}
	return func(n int) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return n >= s.from && n <= s.to })
	}, true
}

func cut(t *tool) int {
	f, ok := t.parse("d:f:c:b:sn", map[string]string{"delimiter": "d", "fields": "f", "characters": "c", "output-delimiter": "o="})
	if !ok {
		return 1
	}
	list := f.value("f", f.value("c", f.value("b", "")))
	in, ok := ranges(list)
	if !ok || list == "" {
		return t.fail("expected a list of bytes, characters, or fields")
	}
	sep := f.value("d", "\t")
	t.inputs(f.rest, func(_ string, r io.Reader) {
		lines(r, func(line string) bool {
			if !f.has("f") {
				t.print(keepRunes(line, in) + "\n")
			} else if fields := strings.Split(line, sep); len(fields) > 1 {
				t.print(strings.Join(keep(fields, in), f.value("o", sep)) + "\n")
			} else if !f.has("s") {
				t.print(line + "\n")
			}
			return true
		})
	})
	return 0
}

func keep(fields []string, in func(n int) bool) []string {
	var out []string
	for i, field := range fields {
		if in(i + 1) {
			out = append(out, field)
		}
	}
	return out
}

func keepRunes(line string, in func(n int) bool) string {
	var out strings.Builder
	n := 0
	for _, r := range line {
		if n++; in(n) {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func uniq(t *tool) int {
	f, ok := t.parse("cduif:s:w:", map[string]string{"count": "c", "repeated": "d", "unique": "u"})
	if !ok {
		return 1
	}
	previous, count := "", 0
	put := func() {
		if count == 0 || f.has("d") && count < 2 || f.has("u") && count > 1 {
			return
		}
		if f.has("c") {
			t.printf("%7d ", count)
		}
		t.print(previous + "\n")
	}
	same := func(a, b string) bool { return a == b || f.has("i") && strings.EqualFold(a, b) }
	t.inputs(f.rest, func(_ string, r io.Reader) {
		lines(r, func(line string) bool {
			if count > 0 && same(line, previous) {
				count++
				return true
			}
			put()
			previous, count = line, 1
			return true
		})
	})
	put()
	return 0
}

func rev(t *tool) int {
	t.inputs(t.args, func(_ string, r io.Reader) {
		lines(r, func(line string) bool {
			runes := []rune(line)
			slices.Reverse(runes)
			t.print(string(runes) + "\n")
			return true
		})
	})
	return 0
}

func fold(t *tool) int {
	f, ok := t.parse("w:bs", nil)
	if !ok {
		return 1
	}
	width := max(1, f.number("w", 80))
	t.inputs(f.rest, func(_ string, r io.Reader) {
		lines(r, func(line string) bool {
			for len(line) > width {
				t.print(line[:width] + "\n")
				line = line[width:]
			}
			t.print(line + "\n")
			return true
		})
	})
	return 0
}

func paste(t *tool) int {
	f, ok := t.parse("d:s", nil)
	if !ok {
		return 1
	}
	sep := f.value("d", "\t")
	var columns [][]string
	rows := 0
	t.inputs(f.rest, func(_ string, r io.Reader) {
		data, _ := io.ReadAll(r)
		column := allLines(data)
		columns = append(columns, column)
		rows = max(rows, len(column))
	})
	if f.has("s") {
		for _, column := range columns {
			t.print(strings.Join(column, sep) + "\n")
		}
		return 0
	}
	for row := range rows {
		fields := make([]string, len(columns))
		for i, column := range columns {
			if row < len(column) {
				fields[i] = column[row]
			}
		}
		t.print(strings.Join(fields, sep) + "\n")
	}
	return 0
}

func yes(t *tool) int {
	text := "y"
	if len(t.args) > 0 {
		text = strings.Join(t.args, " ")
	}
	block := []byte(strings.Repeat(text+"\n", 512))
	for {
		if _, err := t.p.Write(1, block); err != nil {
			return 1
		}
	}
}

// guardNumbers puts -- before the first operand that is a negative number.
func guardNumbers(args []string) []string {
	for i, arg := range args {
		if _, err := strconv.ParseFloat(arg, 64); err == nil && (i == 0 || args[i-1] != "-s") {
			return slices.Concat(args[:i], []string{"--"}, args[i:])
		}
	}
	return args
}

func seq(t *tool) int {
	t.args = guardNumbers(t.args)
	f, ok := t.parse("ws:", nil)
	if !ok {
		return 1
	}
	n := []float64{1, 1, 0}
	var bad error
	for i, arg := range f.rest {
		value, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			bad = err
		}
		switch {
		case i == len(f.rest)-1:
			n[2] = value
		case i == 0:
			n[0] = value
		default:
			n[1] = value
		}
	}
	if bad != nil || len(f.rest) == 0 || len(f.rest) > 3 || n[1] == 0 {
		return t.usage("[-w] [-s SEP] [FIRST [INC]] LAST")
	}
	width := 0
	if f.has("w") {
		width = max(len(f.rest[len(f.rest)-1]), len(f.rest[0]))
	}
	first := true
	for i := 0; ; i++ {
		x := n[0] + float64(i)*n[1]
		if n[1] > 0 && x > n[2] || n[1] < 0 && x < n[2] {
			break
		}
		if !first {
			t.print(f.value("s", "\n"))
		}
		first = false
		text := strconv.FormatFloat(x, 'f', decimals(f.rest), 64)
		t.print(strings.Repeat("0", max(0, width-len(text))) + text)
	}
	if !first {
		t.print("\n")
	}
	return 0
}

// decimals is how many digits stand after the point in the operands.
func decimals(operands []string) int {
	n := 0
	for _, operand := range operands[:max(len(operands)-1, 0)] {
		if _, fraction, ok := strings.Cut(operand, "."); ok {
			n = max(n, len(fraction))
		}
	}
	return n
}
