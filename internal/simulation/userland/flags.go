package userland

import (
	"strconv"
	"strings"
)

// flags are the options that a command line gives.
type flags struct {
	values map[string][]string
	rest   []string // operands
}

// has reports whether an option was given.
func (f *flags) has(name string) bool { return len(f.values[name]) > 0 }

// any reports whether one of some one-letter options was given.
func (f *flags) any(letters string) bool {
	for _, letter := range letters {
		if f.has(string(letter)) {
			return true
		}
	}
	return false
}

// value is the last value of an option, or other.
func (f *flags) value(name, other string) string {
	if v := f.values[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return other
}

// number is the last value of an option as a number.
func (f *flags) number(name string, other int) int {
	n, err := strconv.Atoi(f.value(name, ""))
	if err != nil {
		return other
	}
	return n
}

// flagSpec says which options a command has.
type flagSpec struct {
	letters string            // one-letter options; a colon follows one that has a value
	long    map[string]string // long options and the letters they stand for
	stop    bool              // options end at the first operand
}

// parse reads the arguments. If it fails, it has said why.
func (t *tool) parse(letters string, long map[string]string) (*flags, bool) {
	return t.parseWith(flagSpec{letters: letters, long: long}, t.args)
}

func (t *tool) parseWith(p flagSpec, args []string) (*flags, bool) {
	f := &flags{values: map[string][]string{}}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			f.rest = append(f.rest, args...)
			return f, true
		case strings.HasPrefix(arg, "--"):
			var ok bool
			if args, ok = t.longFlag(p, f, arg[2:], args); !ok {
				return nil, false
			}
		case len(arg) > 1 && arg[0] == '-':
			var ok bool
			if args, ok = t.shortFlags(p, f, arg[1:], args); !ok {
				return nil, false
			}
		case p.stop:
			f.rest = append([]string{arg}, args...)
			return f, true
		default:
			f.rest = append(f.rest, arg)
		}
	}
	return f, true
}

func (t *tool) shortFlags(p flagSpec, f *flags, letters string, args []string) ([]string, bool) {
	for i := 0; i < len(letters); i++ {
		name := letters[i : i+1]
		at := strings.Index(p.letters, name)
		if at < 0 || name == ":" {
			t.badOption(name, false)
			return nil, false
		}
		if !strings.HasPrefix(p.letters[at+1:], ":") {
			f.values[name] = append(f.values[name], "")
			continue
		}
		value := letters[i+1:]
		if value == "" {
			if len(args) == 0 {
				t.fail("option requires an argument -- '%s'", name)
				return nil, false
			}
			value, args = args[0], args[1:]
		}
		f.values[name] = append(f.values[name], value)
		break
	}
	return args, true
}

func (t *tool) longFlag(p flagSpec, f *flags, arg string, args []string) ([]string, bool) {
	name, value, hasValue := strings.Cut(arg, "=")
	short, ok := p.long[name]
	if !ok {
		t.badOption(name, true)
		return nil, false
	}
	if at := strings.Index(p.letters, short); len(short) == 1 && at >= 0 && strings.HasPrefix(p.letters[at+1:], ":") || strings.HasSuffix(short, "=") {
		short = strings.TrimSuffix(short, "=")
		if !hasValue {
			if len(args) == 0 {
				t.fail("option '--%s' requires an argument", name)
				return nil, false
			}
			value, args = args[0], args[1:]
		}
	}
	f.values[short] = append(f.values[short], value)
	return args, true
}

func (t *tool) badOption(name string, long bool) {
	switch {
	case t.gnu && long:
		t.fail("unrecognized option '--%s'\nTry '%s --help' for more information.", name, t.name)
	case t.gnu:
		t.fail("invalid option -- '%s'\nTry '%s --help' for more information.", name, t.name)
	default:
		t.fail("unrecognized option: %s", name)
	}
}

// usage complains about the operands and returns the exit code.
func (t *tool) usage(text string) int {
	t.flush()
	t.p.Writer(2).Write([]byte("Usage: " + t.name + " " + text + "\n")) //nolint:errcheck // nothing to do about it
	t.code = 1
	return 1
}
