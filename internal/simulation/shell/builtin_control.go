package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (s *Shell) leaveLoop(args []string, how flow) {
	levels := 1
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil || n < 1 {
			s.fail(2, "%s: Illegal number: %s", args[0], args[1])
			return
		}
		levels = n
	}
	if s.loops == 0 {
		return
	}
	s.flow, s.levels = how, min(levels, s.loops)
}

func (s *Shell) exit(args []string) {
	s.takeStatus(args, flowExit)
}

func (s *Shell) returnFrom(args []string) {
	how := flowReturn
	if s.calls == 0 {
		how = flowExit
	}
	s.takeStatus(args, how)
}

// takeStatus ends something with the status that args give, or that of the
// last command.
func (s *Shell) takeStatus(args []string, how flow) {
	s.status = s.lastStatus
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			s.fail(2, "%s: Illegal number: %s", args[0], args[1])
			n = 2
		}
		s.status = n & 0xff
	}
	s.flow = how
}

func (s *Shell) eval(args []string) {
	text := strings.Join(args[1:], " ")
	rest := s.rest
	s.rest = nil
	s.evalText(text)
	s.rest = rest
}

// source runs a file in this shell.
func (s *Shell) source(args []string) {
	if len(args) < 2 {
		s.fail(2, "%s: filename argument required", args[0])
		return
	}
	path := args[1]
	if !strings.Contains(path, "/") {
		if _, err := s.p.Stat(path); err != nil {
			if found, err := s.find(path); err == nil {
				path = found
			}
		}
	}
	data, err := s.p.ReadFile(path)
	if err != nil {
		s.fail(2, "%s: %s", args[0], s.dialect.cantOpen(args[1], err))
		if s.dialect == Bash {
			s.status = 1
		} else if !s.interactive {
			s.flow = flowExit
		}
		return
	}
	params := s.params
	if len(args) > 2 {
		s.params = args[2:]
	}
	rest := s.rest
	s.rest = nil
	s.calls++
	s.evalText(string(data))
	s.calls--
	s.rest = rest
	s.params = params
	if s.flow == flowReturn {
		s.flow = flowNone
	}
}

func (s *Shell) shift(args []string) {
	n := 1
	if len(args) > 1 {
		n, _ = strconv.Atoi(args[1])
	}
	if n < 0 || n > len(s.params) {
		s.fail(1, "shift: can't shift that many")
		return
	}
	s.params = s.params[n:]
}

// setOptions is `set`.
func (s *Shell) setOptions(args []string) {
	args = args[1:]
	if len(args) == 0 {
		s.listVariables()
		return
	}
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" || arg == "-" {
			s.params = args[1:]
			return
		}
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
			s.params = args
			return
		}
		args = args[1:]
		for _, letter := range arg[1:] {
			if letter == 'o' {
				args = s.setLong(args, arg[0] == '-')
				continue
			}
			if !s.options.setShort(letter, arg[0] == '-') {
				s.fail(2, "set: illegal option %c%c", arg[0], letter)
				return
			}
		}
	}
}

// setLong is `set -o`, and returns the arguments that are left.
func (s *Shell) setLong(args []string, on bool) []string {
	if len(args) == 0 {
		for _, option := range optionNames {
			state := "off"
			if *option.flag(&s.options) {
				state = "on"
			}
			s.printf(1, "%-16s%s\n", option.name, state)
		}
		return nil
	}
	if !s.options.setLong(args[0], on) {
		s.fail(2, "set: illegal option -o %s", args[0])
	}
	return args[1:]
}

func (s *Shell) listVariables() {
	for _, name := range s.names(func(v variable) bool { return v.Set }) {
		s.printf(1, "%s=%s\n", name, quote(s.vars[name].String()))
	}
}

// quote puts text in single quotes as ash prints it.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'"'"'`) + "'"
}

func (s *Shell) let(args []string) {
	for _, arg := range args[1:] {
		expr, err := syntax.NewParser().Arithmetic(strings.NewReader(arg))
		if err != nil {
			s.fail(2, "let: %s: syntax error", arg)
			return
		}
		n, ok := s.arithmetic(expr)
		if !ok {
			return
		}
		s.status = truth(n != 0)
	}
}
