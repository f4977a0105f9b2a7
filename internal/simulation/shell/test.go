package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// test is the builtin test or [.
func (s *Shell) test(args []string) {
	holds, err := Test(s.p, args, func(fd int) bool {
		real, ok := s.fds[fd]
		return ok && s.p.IsTerminal(real)
	})
	s.status = truth(holds)
	if err != nil {
		s.fail(2, "%v", err)
	}
}

// Test evaluates the arguments of test or [, the command's name first.
func Test(p *process.Process, args []string, terminal func(fd int) bool) (bool, error) {
	name := args[0]
	args = args[1:]
	if name == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			return false, fmt.Errorf("[: missing ]")
		}
		args = args[:len(args)-1]
	}
	if len(args) == 0 {
		return false, nil
	}
	t := tester{p: p, args: args, terminal: terminal, name: name}
	holds := t.or()
	if t.err == nil && len(t.args) > 0 {
		t.err = fmt.Errorf("%s: unknown operand", t.args[0])
	}
	return holds && t.err == nil, t.err
}

// tester is a recursive descent over the arguments that are left.
type tester struct {
	p        *process.Process
	name     string
	args     []string
	terminal func(fd int) bool
	err      error
}

func (t *tester) next() string {
	if len(t.args) == 0 {
		t.err = fmt.Errorf("%s: argument expected", t.name)
		return ""
	}
	arg := t.args[0]
	t.args = t.args[1:]
	return arg
}

func (t *tester) accept(arg string) bool {
	if len(t.args) > 0 && t.args[0] == arg {
		t.args = t.args[1:]
		return true
	}
	return false
}

func (t *tester) or() bool {
	holds := t.and()
	for t.err == nil && t.accept("-o") {
		right := t.and()
		holds = holds || right
	}
	return holds
}

func (t *tester) and() bool {
	holds := t.not()
	for t.err == nil && t.accept("-a") {
		right := t.not()
		holds = holds && right
	}
	return holds
}

func (t *tester) not() bool {
	if len(t.args) > 1 && t.args[0] == "!" && !t.isBinary() {
		t.args = t.args[1:]
		return !t.not()
	}
	return t.primary()
}

// isBinary reports whether a binary operator comes second.
func (t *tester) isBinary() bool {
	if len(t.args) < 3 {
		return false
	}
	_, ok := binaryTests[t.args[1]]
	return ok
}

func (t *tester) primary() bool {
	if t.isBinary() {
		left, op, right := t.args[0], t.args[1], t.args[2]
		t.args = t.args[3:]
		holds, err := binaryTests[op](t.p, left, right)
		if err != nil {
			t.err = err
		}
		return holds
	}
	if len(t.args) > 2 && t.args[0] == "(" {
		t.args = t.args[1:]
		holds := t.or()
		if !t.accept(")") {
			t.err = fmt.Errorf("%s: closing paren expected", t.name)
		}
		return holds
	}
	arg := t.next()
	if len(arg) == 2 && arg[0] == '-' && len(t.args) > 0 && t.args[0] != "-a" && t.args[0] != "-o" {
		return t.unary(arg)
	}
	return arg != ""
}

func (t *tester) unary(op string) bool {
	operand := t.next()
	switch op {
	case "-n":
		return operand != ""
	case "-z":
		return operand == ""
	case "-t":
		fd, err := strconv.Atoi(operand)
		return err == nil && t.terminal(fd)
	}
	check, ok := fileTests[op]
	if !ok {
		t.err = fmt.Errorf("%s: unknown operand", operand)
		return false
	}
	return check(t.p, operand)
}

// fileTests are the unary operators on paths.
var fileTests = map[string]func(p *process.Process, path string) bool{
	"-e": func(p *process.Process, path string) bool { return isKind(p, path, nil) },
	"-f": func(p *process.Process, path string) bool { return isKind(p, path, is(filesystem.Regular)) },
	"-d": func(p *process.Process, path string) bool { return isKind(p, path, is(filesystem.Directory)) },
	"-c": func(p *process.Process, path string) bool { return isKind(p, path, is(filesystem.Device)) },
	"-b": func(*process.Process, string) bool { return false },
	"-p": func(p *process.Process, path string) bool { return isKind(p, path, is(filesystem.Fifo)) },
	"-S": func(*process.Process, string) bool { return false },
	"-s": func(p *process.Process, path string) bool {
		return isKind(p, path, func(i filesystem.Info) bool { return i.Size > 0 })
	},
	"-L": isLink,
	"-h": isLink,
	"-r": func(p *process.Process, path string) bool { return may(p, path, "r") },
	"-w": func(p *process.Process, path string) bool { return may(p, path, "w") },
	"-x": func(p *process.Process, path string) bool { return may(p, path, "x") },
	"-O": func(p *process.Process, path string) bool {
		return isKind(p, path, func(i filesystem.Info) bool { return i.UID == p.Credential().UID })
	},
	"-G": func(p *process.Process, path string) bool {
		return isKind(p, path, func(i filesystem.Info) bool { return i.GID == p.Credential().GID })
	},
	"-u": func(p *process.Process, path string) bool { return hasMode(p, path, 0o4000) },
	"-g": func(p *process.Process, path string) bool { return hasMode(p, path, 0o2000) },
	"-k": func(p *process.Process, path string) bool { return hasMode(p, path, 0o1000) },
}

func is(kind filesystem.Kind) func(filesystem.Info) bool {
	return func(i filesystem.Info) bool { return i.Kind == kind }
}

func isKind(p *process.Process, path string, check func(filesystem.Info) bool) bool {
	info, err := p.Stat(path)
	return err == nil && (check == nil || check(info))
}

func isLink(p *process.Process, path string) bool {
	info, err := p.Lstat(path)
	return err == nil && info.Kind == filesystem.Symlink
}

func hasMode(p *process.Process, path string, bit uint32) bool {
	return isKind(p, path, func(i filesystem.Info) bool { return i.Mode&bit != 0 })
}

func may(p *process.Process, path, want string) bool {
	full := p.Path(path)
	return p.Change(func(v *filesystem.View) error { return v.Access(full, want) }) == nil
}

// binaryTests are the operators between two operands.
var binaryTests = map[string]func(p *process.Process, a, b string) (bool, error){
	"=":   func(_ *process.Process, a, b string) (bool, error) { return a == b, nil },
	"==":  func(_ *process.Process, a, b string) (bool, error) { return a == b, nil },
	"!=":  func(_ *process.Process, a, b string) (bool, error) { return a != b, nil },
	"<":   func(_ *process.Process, a, b string) (bool, error) { return a < b, nil },
	">":   func(_ *process.Process, a, b string) (bool, error) { return a > b, nil },
	"-eq": compare(func(a, b int64) bool { return a == b }),
	"-ne": compare(func(a, b int64) bool { return a != b }),
	"-lt": compare(func(a, b int64) bool { return a < b }),
	"-le": compare(func(a, b int64) bool { return a <= b }),
	"-gt": compare(func(a, b int64) bool { return a > b }),
	"-ge": compare(func(a, b int64) bool { return a >= b }),
	"-nt": func(p *process.Process, a, b string) (bool, error) { return newer(p, a, b), nil },
	"-ot": func(p *process.Process, a, b string) (bool, error) { return newer(p, b, a), nil },
	"-ef": func(p *process.Process, a, b string) (bool, error) {
		x, errX := p.Stat(a)
		y, errY := p.Stat(b)
		return errX == nil && errY == nil && x.Ino == y.Ino && x.Ino != 0, nil
	},
}

func compare(holds func(a, b int64) bool) func(*process.Process, string, string) (bool, error) {
	return func(_ *process.Process, left, right string) (bool, error) {
		a, err := strconv.ParseInt(strings.TrimSpace(left), 10, 64)
		if err != nil {
			return false, fmt.Errorf("%s: bad number", left)
		}
		b, err := strconv.ParseInt(strings.TrimSpace(right), 10, 64)
		if err != nil {
			return false, fmt.Errorf("%s: bad number", right)
		}
		return holds(a, b), nil
	}
}

func newer(p *process.Process, a, b string) bool {
	x, errX := p.Stat(a)
	y, errY := p.Stat(b)
	return errX == nil && (errY != nil || x.ModTime.After(y.ModTime))
}
