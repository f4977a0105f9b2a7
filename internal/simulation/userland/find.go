package userland

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/pattern"
	"regexp"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// found is a file that find looks at.
type found struct {
	path  string
	depth int
	info  filesystem.Info
}

// test on a file; actions are tests too.
type predicate func(file found) bool

// finder is one run of find.
type finder struct {
	t        *tool
	args     []string
	acted    bool // the expression has an action of its own
	minDepth int
	maxDepth int
	after    bool // -depth
	pruned   bool
	err      error
}

func find(t *tool) int {
	f := &finder{t: t, args: t.args, maxDepth: 1 << 20}
	var roots []string
	for len(f.args) > 0 && !strings.HasPrefix(f.args[0], "-") && f.args[0] != "!" && f.args[0] != "(" {
		roots = append(roots, f.args[0])
		f.args = f.args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	matches := f.or()
	if f.err == nil && len(f.args) > 0 {
		f.err = fmt.Errorf("unrecognized: %s", f.args[0])
	}
	if f.err != nil {
		return t.fail("%v", f.err)
	}
	for _, root := range roots {
		info, err := t.p.Lstat(root)
		if err != nil {
			t.fail("%s: %v", nameOr(!t.gnu, root, "‘"+root+"’"), err)
			continue
		}
		f.walk(found{root, 0, info}, matches)
	}
	return 0
}

func (f *finder) walk(file found, matches predicate) {
	f.pruned = false
	if !f.after {
		f.visit(file, matches)
	}
	if file.info.IsDir() && file.depth < f.maxDepth && !f.pruned {
		inside, err := f.t.p.ReadDir(file.path)
		if err != nil {
			f.t.fail("%s: %v", file.path, err)
		}
		for _, info := range inside {
			f.walk(found{strings.TrimSuffix(file.path, "/") + "/" + info.Name, file.depth + 1, info}, matches)
		}
	}
	if f.after {
		f.visit(file, matches)
	}
}

func (f *finder) visit(file found, matches predicate) {
	if file.depth >= f.minDepth && matches(file) && !f.acted {
		f.t.print(file.path + "\n")
	}
}

func (f *finder) accept(words ...string) bool {
	if len(f.args) > 0 {
		for _, word := range words {
			if f.args[0] == word {
				f.args = f.args[1:]
				return true
			}
		}
	}
	return false
}

func (f *finder) or() predicate {
	left := f.and()
	for f.accept("-o", "-or") {
		a, b := left, f.and()
		left = func(file found) bool { return a(file) || b(file) }
	}
	return left
}

func (f *finder) and() predicate {
	left := predicate(func(found) bool { return true })
	for f.err == nil && len(f.args) > 0 && f.args[0] != "-o" && f.args[0] != "-or" && f.args[0] != ")" {
		f.accept("-a", "-and")
		a, b := left, f.primary()
		left = func(file found) bool { return a(file) && b(file) }
	}
	return left
}

func (f *finder) primary() predicate {
	switch {
	case f.accept("!", "-not"):
		inner := f.primary()
		return func(file found) bool { return !inner(file) }
	case f.accept("("):
		inner := f.or()
		if !f.accept(")") {
			f.err = fmt.Errorf("missing )")
		}
		return inner
	}
	if len(f.args) == 0 {
		f.err = fmt.Errorf("expression expected")
		return nil
	}
	name := f.args[0]
	make, ok := primaries[name]
	if !ok {
		f.err = fmt.Errorf("unrecognized: %s", name)
		return nil
	}
	f.args = f.args[1:]
	return make(f)
}

func (f *finder) argument() string {
	if len(f.args) == 0 {
		f.err = fmt.Errorf("missing argument")
		return ""
	}
	arg := f.args[0]
	f.args = f.args[1:]
	return arg
}

func always(found) bool { return true }

// primaries make the tests and actions of an expression.
var primaries = map[string]func(f *finder) predicate{
	"-name": func(f *finder) predicate {
		return glob(f.argument(), "", func(file found) string { return path.Base(file.path) })
	},
	"-iname": func(f *finder) predicate {
		return glob(f.argument(), "(?i)", func(file found) string { return path.Base(file.path) })
	},
	"-path": func(f *finder) predicate { return glob(f.argument(), "", func(file found) string { return file.path }) },
	"-regex": func(f *finder) predicate {
		re, err := regexp.Compile("^(" + f.argument() + ")$")
		f.err = err
		return func(file found) bool { return re.MatchString(file.path) }
	},
	"-type": func(f *finder) predicate {
		kinds := map[string]filesystem.Kind{"f": filesystem.Regular, "d": filesystem.Directory, "l": filesystem.Symlink, "p": filesystem.Fifo, "c": filesystem.Device}
		kind, ok := kinds[f.argument()]
		return func(file found) bool { return ok && file.info.Kind == kind }
	},
	"-empty": func(f *finder) predicate {
		return func(file found) bool {
			if file.info.IsDir() {
				inside, _ := f.t.p.ReadDir(file.path)
				return len(inside) == 0
			}
			return file.info.Size == 0
		}
	},
	"-size":  func(f *finder) predicate { return size(f.argument()) },
	"-mtime": func(f *finder) predicate { return age(f, 24*time.Hour) },
	"-mmin":  func(f *finder) predicate { return age(f, time.Minute) },
	"-perm": func(f *finder) predicate {
		text := f.argument()
		bits, _ := strconv.ParseUint(strings.TrimLeft(text, "-/"), 8, 32)
		return func(file found) bool {
			switch text[0] {
			case '-':
				return file.info.Mode&uint32(bits) == uint32(bits)
			case '/':
				return file.info.Mode&uint32(bits) != 0
			}
			return file.info.Mode == uint32(bits)
		}
	},
	"-newer": func(f *finder) predicate {
		ref, _ := f.t.p.Stat(f.argument())
		return func(file found) bool { return file.info.ModTime.After(ref.ModTime) }
	},
	"-maxdepth": func(f *finder) predicate { f.maxDepth, _ = strconv.Atoi(f.argument()); return always },
	"-mindepth": func(f *finder) predicate { f.minDepth, _ = strconv.Atoi(f.argument()); return always },
	"-depth":    func(f *finder) predicate { f.after = true; return always },
	"-xdev":     func(*finder) predicate { return always },
	"-prune":    func(f *finder) predicate { return func(found) bool { f.pruned = true; return true } },
	"-print":    func(f *finder) predicate { return f.printer("\n") },
	"-print0":   func(f *finder) predicate { return f.printer("\x00") },
	"-delete": func(f *finder) predicate {
		f.acted, f.after = true, true
		return func(file found) bool {
			f.t.remove(file.path, &flags{values: map[string][]string{"r": {""}, "f": {""}}})
			return true
		}
	},
	"-exec": (*finder).exec,
}

func (f *finder) printer(end string) predicate {
	f.acted = true
	return func(file found) bool {
		f.t.print(file.path + end)
		return true
	}
}

// glob matches a pattern against a text of the file.
func glob(pat, flags string, of func(file found) string) predicate {
	expr, err := pattern.Regexp(pat, pattern.EntireString)
	if err != nil {
		expr = regexp.QuoteMeta(pat)
	}
	re := regexp.MustCompile(flags + expr)
	return func(file found) bool { return re.MatchString(of(file)) }
}

// signed reads a number that may begin with + (more) or - (less).
func signed(text string) func(n int64) bool {
	limit, _ := strconv.ParseInt(strings.TrimLeft(text, "+-"), 10, 64)
	switch {
	case strings.HasPrefix(text, "+"):
		return func(n int64) bool { return n > limit }
	case strings.HasPrefix(text, "-"):
		return func(n int64) bool { return n < limit }
	}
	return func(n int64) bool { return n == limit }
}

func size(text string) predicate {
	unit := int64(512)
	if text != "" {
		if at := strings.IndexByte("cbkMG", text[len(text)-1]); at >= 0 {
			unit = []int64{1, 512, 1 << 10, 1 << 20, 1 << 30}[at]
			text = text[:len(text)-1]
		}
	}
	fits := signed(text)
	return func(file found) bool { return fits((file.info.Size + unit - 1) / unit) }
}

func age(f *finder, unit time.Duration) predicate {
	fits := signed(f.argument())
	now := f.t.p.Now()
	return func(file found) bool { return fits(int64(now.Sub(file.info.ModTime) / unit)) }
}

// exec is -exec: for each file, or with + for all at once (here: for each
// too, but with the file in the place of {} only at the end).
func (f *finder) exec() predicate {
	f.acted = true
	var words []string
	for len(f.args) > 0 && f.args[0] != ";" && f.args[0] != "+" {
		words = append(words, f.argument())
	}
	f.argument()
	return func(file found) bool {
		args := make([]string, len(words))
		for i, word := range words {
			args[i] = strings.ReplaceAll(word, "{}", file.path)
		}
		f.t.flush()
		return f.t.run(args) == 0
	}
}

// run runs a command and waits for it.
func (t *tool) run(args []string) int {
	name, err := shell.LookPath(t.p, args[0], t.p.Getenv("PATH"))
	if err == nil {
		var pid int
		if pid, err = t.p.Spawn(commandFor(name, args)); err == nil {
			exit, _ := t.p.Wait(pid)
			return exit.Status.ExitCode()
		}
	}
	t.fail("%s: %v", args[0], err)
	if err == filesystem.ENOENT {
		return 127
	}
	return 126
}
