package shell

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Printf formats as printf does, using the format again while there are
// arguments left.
func Printf(format string, args []string) (string, error) {
	f := formatter{args: args}
	for {
		before := len(f.args)
		if err := f.run(format); err != nil {
			return f.out.String(), err
		}
		if len(f.args) == 0 || len(f.args) == before || f.ended {
			return f.out.String(), f.err
		}
	}
}

// formatter is one run of printf.
type formatter struct {
	args  []string
	out   strings.Builder
	ended bool  // \c was met
	err   error // an argument was not a number; printing goes on
}

func (f *formatter) next() string {
	if len(f.args) == 0 {
		return ""
	}
	arg := f.args[0]
	f.args = f.args[1:]
	return arg
}

// run prints the format once.
func (f *formatter) run(format string) error {
	for i := 0; i < len(format) && !f.ended; {
		switch format[i] {
		case '\\':
			i += f.escape(format[i:])
		case '%':
			n, err := f.directive(format[i:])
			if err != nil {
				return err
			}
			i += n
		default:
			f.out.WriteByte(format[i])
			i++
		}
	}
	return nil
}

// escape prints the escape that text begins with, and returns its length.
func (f *formatter) escape(text string) int {
	if len(text) > 1 && text[1] >= '0' && text[1] <= '7' {
		return 1 + writeCode(&f.out, text[1:], 3, 8)
	}
	length := min(2, len(text))
	if len(text) > 1 && text[1] == 'x' {
		for length < min(4, len(text)) && strings.IndexByte("0123456789abcdefABCDEF", text[length]) >= 0 {
			length++
		}
	}
	out, ended := unescape(text[:length])
	f.out.WriteString(out)
	f.ended = f.ended || ended
	return length
}

// maxWidth is the widest field that is printed.
const maxWidth = 1 << 16

// directive prints the conversion that text begins with, and returns its
// length.
func (f *formatter) directive(text string) (int, error) {
	i := 1
	for i < len(text) && strings.IndexByte("-+ #0", text[i]) >= 0 {
		i++
	}
	spec := text[:i]
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || text[i] == '*') {
		if text[i] == '*' {
			n, _ := strconv.Atoi(f.next())
			spec += strconv.Itoa(min(n, maxWidth))
		} else {
			spec += text[i : i+1]
		}
		i++
	}
	for i < len(text) && strings.IndexByte("lhqLjzt", text[i]) >= 0 && i+1 < len(text) && text[i] != 'q' {
		i++
	}
	if i >= len(text) {
		return 0, fmt.Errorf("%s: invalid format", text)
	}
	for part := range strings.SplitSeq(strings.TrimLeft(spec, "%-+ #0"), ".") {
		if n, err := strconv.Atoi(part); part != "" && (err != nil || n > maxWidth) {
			return 0, fmt.Errorf("%s: invalid format", text[:i+1])
		}
	}
	return i + 1, f.convert(spec, text[i])
}

func (f *formatter) convert(spec string, verb byte) error {
	switch verb {
	case '%':
		f.out.WriteByte('%')
	case 's':
		fmt.Fprintf(&f.out, spec+"s", f.next())
	case 'b':
		out, ended := unescape(f.next())
		f.ended = ended
		fmt.Fprintf(&f.out, spec+"s", out)
	case 'c':
		arg := f.next()
		fmt.Fprintf(&f.out, spec+"s", arg[:min(1, len(arg))])
	case 'q':
		quoted, err := syntax.Quote(f.next(), syntax.LangBash)
		if err != nil {
			return err
		}
		fmt.Fprintf(&f.out, spec+"s", quoted)
	case 'd', 'i', 'u':
		fmt.Fprintf(&f.out, spec+"d", f.integer())
	case 'o', 'x', 'X':
		fmt.Fprintf(&f.out, spec+string(verb), uint64(f.integer()))
	case 'e', 'E', 'f', 'F', 'g', 'G':
		fmt.Fprintf(&f.out, spec+string(verb), f.float())
	default:
		return fmt.Errorf("%%%c: invalid format", verb)
	}
	return nil
}

// integer reads the next argument as a number; "'a" is the code of a.
func (f *formatter) integer() int64 {
	arg := strings.TrimSpace(f.next())
	if arg == "" {
		return 0
	}
	if arg[0] == '\'' || arg[0] == '"' {
		for _, r := range arg[1:] {
			return int64(r)
		}
		return 0
	}
	n, err := strconv.ParseInt(arg, 0, 64)
	if err != nil {
		f.err = fmt.Errorf("invalid number '%s'", arg)
		n = 0
	}
	return n
}

func (f *formatter) float() float64 {
	arg := strings.TrimSpace(f.next())
	if arg == "" {
		return 0
	}
	n, err := strconv.ParseFloat(arg, 64)
	if err != nil {
		f.err = fmt.Errorf("invalid number '%s'", arg)
		n = 0
	}
	return n
}
