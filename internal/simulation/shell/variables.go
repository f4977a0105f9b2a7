package shell

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// variable is a shell variable and the order in which it came to be.
type variable struct {
	expand.Variable
	order int
}

func (s *Shell) importEnvironment() {
	s.substStatus = -1
	for _, kv := range s.p.Environ() {
		if name, value, ok := strings.Cut(kv, "="); ok && syntax.ValidName(name) {
			s.put(name, expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value})
		}
	}
	s.put("PWD", expand.Variable{Set: true, Exported: s.vars["PWD"].Exported, Kind: expand.String, Str: s.p.Getwd()})
	s.set("IFS", " \t\n")
	s.set("OPTIND", "1")
	s.set("PPID", strconv.Itoa(s.p.PPID()))
	if !s.vars["PATH"].Set {
		s.set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	}
	if s.dialect == Bash {
		s.set("BASH_VERSION", "5.2.15(1)-release")
	}
}

// put stores a variable without asking whether that is allowed.
func (s *Shell) put(name string, v expand.Variable) {
	old, ok := s.vars[name]
	order := old.order
	if !ok {
		s.made++
		order = s.made
	}
	s.vars[name] = variable{v, order}
}

// set gives a variable a string, keeping its attributes.
func (s *Shell) set(name, value string) error {
	return s.assign(name, expand.Variable{Set: true, Kind: expand.String, Str: value})
}

func (s *Shell) get(name string) string { return s.vars[name].String() }

// maxValue is the longest value of a variable.
const maxValue = 16 << 20

// assign changes the value of a variable.
func (s *Shell) assign(name string, v expand.Variable) error {
	old := s.vars[name]
	if len(v.Str) > maxValue {
		return fmt.Errorf("%s: out of memory", name)
	}
	if old.ReadOnly {
		return fmt.Errorf("%s: is read only", name)
	}
	v.Exported = v.Exported || old.Exported || s.options.allexport
	v.Local = old.Local
	s.put(name, v)
	return nil
}

func (s *Shell) unset(name string) error {
	if s.vars[name].ReadOnly {
		return fmt.Errorf("%s: is read only", name)
	}
	delete(s.vars, name)
	return nil
}

// exported is the environment of commands, in the order in which the
// variables were made.
func (s *Shell) exported() []string {
	var names []string
	for name, v := range s.vars {
		if v.Exported && v.Set && v.Kind == expand.String {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(s.vars[a].order, s.vars[b].order) })
	env := make([]string, len(names))
	for i, name := range names {
		env[i] = name + "=" + s.vars[name].Str
	}
	return env
}

// names are all variables, sorted.
func (s *Shell) names(keep func(v variable) bool) []string {
	var names []string
	for name, v := range s.vars {
		if keep(v) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// environ is how package expand reads and sets variables.
type environ struct{ s *Shell }

// Get returns a variable or special parameter.
func (e environ) Get(name string) expand.Variable {
	if special, ok := e.s.special(name); ok {
		return special
	}
	if home, ok := strings.CutPrefix(name, "HOME "); ok {
		return text(e.s.homeOf(home))
	}
	return e.s.vars[name].Variable
}

// Each lists the variables by name.
func (e environ) Each(f func(name string, v expand.Variable) bool) {
	for _, name := range e.s.names(func(variable) bool { return true }) {
		if !f(name, e.s.vars[name].Variable) {
			return
		}
	}
}

// Set changes a variable.
func (e environ) Set(name string, v expand.Variable) error {
	if !v.IsSet() {
		return e.s.unset(name)
	}
	return e.s.assign(name, v)
}

func text(value string) expand.Variable {
	return expand.Variable{Set: true, Kind: expand.String, Str: value}
}

// special returns the parameters that are not variables.
func (s *Shell) special(name string) (expand.Variable, bool) {
	switch name {
	case "?":
		return text(strconv.Itoa(s.status)), true
	case "$":
		return text(strconv.Itoa(s.pid)), true
	case "!":
		if s.lastJob == 0 {
			return expand.Variable{}, true
		}
		return text(strconv.Itoa(s.lastJob)), true
	case "#":
		return text(strconv.Itoa(len(s.params))), true
	case "-":
		return text(s.options.letters()), true
	case "@", "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: s.params}, true
	case "RANDOM":
		return text(strconv.FormatUint(s.p.Random()%32768, 10)), true
	case "SECONDS":
		return text("0"), s.dialect == Bash
	case "HOSTNAME":
		if v := s.vars[name]; v.Set {
			return v.Variable, true
		}
		return text(s.p.Space().Hostname), s.dialect == Bash
	case "UID", "EUID":
		return text(strconv.Itoa(s.p.Credential().UID)), s.dialect == Bash
	}
	if n, err := strconv.Atoi(name); err == nil {
		switch {
		case n == 0:
			return text(s.name), true
		case n <= len(s.params):
			return text(s.params[n-1]), true
		}
		return expand.Variable{}, true
	}
	return expand.Variable{}, false
}

// homeOf finds a user's home directory, for ~user.
func (s *Shell) homeOf(user string) string {
	data, err := s.p.ReadFile("/etc/passwd")
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if f := strings.Split(strings.TrimSpace(line), ":"); len(f) > 5 && f[0] == user {
				return f[5]
			}
		}
	}
	return "~" + user
}
