package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// declaration is one export, readonly, local, declare or typeset command.
type declaration struct {
	variant  string
	flags    string
	named    bool // names were given
	function bool
}

// argument takes a word that came out of an expansion.
func (d *declaration) argument(s *Shell, word string) {
	if !d.named && len(word) > 1 && (word[0] == '-' || word[0] == '+') {
		d.flags += word[1:]
		return
	}
	name, value, isSet := strings.Cut(word, "=")
	if !syntax.ValidName(name) {
		s.fail(1, "%s: %s: bad variable name", d.variant, name)
		return
	}
	if !isSet {
		d.apply(s, name, nil)
		return
	}
	v := text(value)
	d.apply(s, name, &v)
}

func (d *declaration) has(flag string) bool { return strings.Contains(d.flags, flag) }

// apply gives one name its attributes, and a value if there is one.
func (d *declaration) apply(s *Shell, name string, value *expand.Variable) {
	d.named = true
	if d.variant == "unexport" || d.variant == "export" && d.has("n") {
		v := s.vars[name]
		v.Exported = false
		s.vars[name] = v
		return
	}
	if len(s.locals) > 0 && (d.variant == "local" || (d.variant == "declare" || d.variant == "typeset") && !d.has("g")) {
		s.local(name)
	}
	v := s.vars[name].Variable
	if value != nil {
		if v.ReadOnly {
			s.fail(1, "%s: %s: is read only", d.variant, name)
			return
		}
		value.Exported, value.Local = v.Exported, v.Local
		v = *value
	}
	if d.has("A") && v.Kind == expand.Unknown {
		v.Kind = expand.Associative
	}
	v.Exported = v.Exported || d.variant == "export" || d.has("x")
	v.ReadOnly = v.ReadOnly || d.variant == "readonly" || d.has("r")
	s.put(name, v)
	if s.substStatus > 0 && value != nil && d.variant == "" {
		s.status = s.substStatus
	}
}

// finish prints the variables if the command named none.
func (d *declaration) finish(s *Shell) {
	if d.named || d.variant == "local" {
		return
	}
	for _, name := range s.names(func(v variable) bool { return d.lists(v) }) {
		v := s.vars[name]
		if v.Set {
			s.printf(1, "%s %s=%s\n", d.variant, name, quote(v.String()))
		} else {
			s.printf(1, "%s %s\n", d.variant, name)
		}
	}
}

func (d *declaration) lists(v variable) bool {
	switch d.variant {
	case "export":
		return v.Exported
	case "readonly":
		return v.ReadOnly
	default:
		return v.Set
	}
}

// declareWords is a declaration whose name was not written out in the script,
// so that it was parsed as a simple command.
func (s *Shell) declareWords(args []string) {
	d := declaration{variant: args[0]}
	for _, word := range args[1:] {
		d.argument(s, word)
	}
	d.finish(s)
}

func (s *Shell) unsetNames(args []string) {
	functions := false
	for _, arg := range args[1:] {
		switch arg {
		case "-f":
			functions = true
		case "-v":
			functions = false
		default:
			if functions {
				delete(s.funcs, arg)
			} else if err := s.unset(arg); err != nil {
				s.fail(1, "unset: %v", err)
			}
		}
	}
}

// getopts parses the options of a script.
func (s *Shell) getopts(args []string) {
	if len(args) < 3 {
		s.fail(2, "getopts: usage: getopts optstring var [arg]")
		return
	}
	spec, name, params := args[1], args[2], s.params
	if len(args) > 3 {
		params = args[3:]
	}
	index, _ := strconv.Atoi(s.get("OPTIND"))
	if index < 1 {
		index = 1
	}
	letter, argument, more := s.nextOption(spec, params, &index)
	s.set("OPTIND", strconv.Itoa(index))
	s.set(name, letter)
	if argument != nil {
		s.set("OPTARG", *argument)
	} else {
		delete(s.vars, "OPTARG")
	}
	s.status = truth(more)
}

// nextOption returns the next option letter and its argument. "?" stands for
// an option that spec does not have.
func (s *Shell) nextOption(spec string, params []string, index *int) (string, *string, bool) {
	if *index > len(params) {
		s.optChar = 0
		return "?", nil, false
	}
	arg := params[*index-1]
	if s.optChar == 0 {
		if len(arg) < 2 || arg[0] != '-' {
			return "?", nil, false
		}
		if arg == "--" {
			*index++
			return "?", nil, false
		}
		s.optChar = 1
	}
	letter := arg[s.optChar : s.optChar+1]
	if s.optChar++; s.optChar >= len(arg) {
		*index++
		s.optChar = 0
	}
	quiet := strings.HasPrefix(spec, ":")
	at := strings.Index(spec, letter)
	if at < 0 || letter == ":" {
		if quiet {
			return "?", &letter, true
		}
		s.complain("illegal option -%s", letter)
		return "?", nil, true
	}
	if !strings.HasPrefix(spec[at+1:], ":") {
		return letter, nil, true
	}
	return s.optionArgument(letter, arg, params, index, quiet)
}

func (s *Shell) optionArgument(letter, arg string, params []string, index *int, quiet bool) (string, *string, bool) {
	if s.optChar > 0 {
		value := arg[s.optChar:]
		*index++
		s.optChar = 0
		return letter, &value, true
	}
	if *index > len(params) {
		if quiet {
			return ":", &letter, true
		}
		s.complain("no arg for -%s option", letter)
		return "?", nil, true
	}
	value := params[*index-1]
	*index++
	return letter, &value, true
}
