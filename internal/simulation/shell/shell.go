// Package shell is the shell of simulated containers: it interprets the
// language of sh as busybox ash, dash and bash do, with mvdan.cc/sh parsing
// and expanding it. Commands are processes of package process, so that
// pipelines, background jobs and signals behave as they do on Linux.
//
// It must not use mvdan.cc/sh/v3/interp, which starts goroutines and touches
// the real machine.
package shell

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Program is a shell that speaks one of the dialects.
type Program struct{ Dialect Dialect }

// Main runs the shell as its command line says.
func (pr Program) Main(p *process.Process) int {
	s := newShell(p, pr.Dialect)
	mode, code := s.invocation(p.Args())
	if code >= 0 {
		return code
	}
	switch {
	case mode.command != nil:
		s.script(*mode.command)
	case mode.file != "":
		if !s.scriptFile(mode.file) {
			return 2
		}
	default:
		s.fromInput()
	}
	return s.finish()
}

// flow is why the statements that follow are not run.
type flow uint8

const (
	flowNone flow = iota
	flowBreak
	flowContinue
	flowReturn
	flowExit
)

// state is what a subshell inherits. It is copied, never shared.
type state struct {
	dialect   Dialect
	name      string // $0, as messages show it
	inCommand bool   // run by -c or interactive: no line numbers
	params    []string
	vars      map[string]variable
	made      int // variables so far, for their order
	funcs     map[string]*syntax.Stmt
	traps     map[process.Signal]string
	options   options
	status    int
	pid       int // $$
	lastJob   int // $!
	jobs      []job
	fds       map[int]int // the script's descriptors and which of the process's they are
	optChar   int         // getopts: position within an argument
}

// Shell is one running shell.
type Shell struct {
	state
	p           *process.Process
	config      *expand.Config
	flow        flow
	levels      int // how many loops a break or continue leaves
	loops       int // depth of loops
	calls       int // depth of functions and sourced files
	depth       int // depth of evaluated texts
	locals      []map[string]variable
	condition   int // depth of places where set -e does not act
	interactive bool
	inTrap      bool
	rest        []*syntax.Stmt // of the script, from the statement that runs
	substStatus int            // of the last command substitution, or -1
	lastStatus  int            // before the builtin that runs
	line        uint
}

func newShell(p *process.Process, d Dialect) *Shell {
	s := &Shell{p: p, state: state{
		dialect: d,
		name:    p.Args()[0],
		vars:    map[string]variable{},
		funcs:   map[string]*syntax.Stmt{},
		traps:   map[process.Signal]string{},
		pid:     p.PID(),
		fds:     map[int]int{0: 0, 1: 1, 2: 2},
	}}
	s.configure()
	s.importEnvironment()
	return s
}

func (s *state) clone() state {
	c := *s
	c.params = slices.Clone(s.params)
	c.vars = maps.Clone(s.vars)
	c.funcs = maps.Clone(s.funcs)
	c.traps = maps.Clone(s.traps)
	c.jobs = slices.Clone(s.jobs)
	c.fds = maps.Clone(s.fds)
	return c
}

// mode is what a command line asks a shell to do.
type mode struct {
	command *string
	file    string
}

// invocation reads the command line. A code that is not negative is the exit
// code of a shell that has nothing to do.
func (s *Shell) invocation(args []string) (mode, int) {
	var m mode
	args = args[1:]
	command := false
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		if strings.HasPrefix(arg, "--") {
			if arg == "--version" {
				s.printf(1, "%s\n", s.dialect.version())
				return m, 0
			}
			continue
		}
		for _, letter := range arg[1:] {
			switch {
			case letter == 'c':
				command = true
			case letter == 'i':
				s.interactive = true
			case letter == 'l' || letter == 's':
			case letter == 'o' && len(args) > 0:
				s.options.setLong(args[0], arg[0] == '-')
				args = args[1:]
			case !s.options.setShort(letter, arg[0] == '-'):
				s.complain("%s: invalid option -- '%c'", "illegal option", letter)
				return m, 2
			}
		}
	}
	if command {
		if len(args) == 0 {
			s.printf(2, "%s: -c requires an argument\n", s.name)
			return m, 2
		}
		m.command, args = &args[0], args[1:]
		s.inCommand = true
	}
	if len(args) > 0 {
		if !command {
			m.file = args[0]
		}
		s.name, s.params = args[0], args[1:]
	}
	return m, -1
}

// script runs a whole script.
func (s *Shell) script(text string) {
	stmts, err := s.parse(text)
	s.top(stmts, err == nil)
	if err != nil && s.flow == flowNone {
		s.syntaxError(err)
	}
}

func (s *Shell) scriptFile(path string) bool {
	data, err := s.p.ReadFile(path)
	if err != nil {
		s.printf(2, "%s: %s\n", s.p.Args()[0], s.dialect.cantOpen(path, err))
		return false
	}
	s.script(string(data))
	return true
}

// top runs the statements of a script, remembering which are left to do.
func (s *Shell) top(stmts []*syntax.Stmt, tail bool) {
	for i, st := range stmts {
		s.rest = stmts[i:]
		s.stmt(st, tail && i == len(stmts)-1)
		if s.flow != flowNone {
			break
		}
	}
	s.rest = nil
}

// parse returns the statements before the first syntax error.
func (s *Shell) parse(text string) ([]*syntax.Stmt, error) {
	var stmts []*syntax.Stmt
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	var failed error
	for st, err := range parser.StmtsSeq(strings.NewReader(text)) {
		switch {
		case failed != nil: // the parser may go on after an error
		case err != nil:
			failed = err
		default:
			stmts = append(stmts, st)
		}
	}
	return stmts, failed
}

func (s *Shell) syntaxError(err error) {
	var parse syntax.ParseError
	text := err.Error()
	line := uint(1)
	if errors.As(err, &parse) {
		text, line = parse.Text, parse.Pos.Line()
	}
	s.status = 2
	s.printf(2, "%s\n", s.dialect.syntaxError(s.name, line, text))
	if !s.interactive {
		s.flow = flowExit
	}
}

// finish runs the EXIT trap and returns the exit code.
func (s *Shell) finish() int {
	s.runTraps()
	if action, ok := s.traps[0]; ok {
		delete(s.traps, 0)
		s.flow = flowNone
		code := s.status
		s.evalText(action)
		if s.flow != flowExit {
			s.status = code
		}
	}
	return s.status & 0xff
}

// evalText runs text in this shell, as eval and traps do.
func (s *Shell) evalText(text string) {
	if s.depth >= maxCalls {
		s.fail(2, "maximum eval nesting level exceeded (%d)", maxCalls)
		s.flow = flowExit
		return
	}
	s.depth++
	defer func() { s.depth-- }()
	stmts, err := s.parse(text)
	s.stmts(stmts, false)
	if err != nil && s.flow == flowNone {
		s.syntaxError(err)
	}
}

// subshell is the program of a child that begins as a copy of its parent.
type subshell struct {
	state state
	stmts []*syntax.Stmt
	keep  bool // keep traps: this is the same shell going on (see checkpoint)
}

// Main runs the statements.
func (sub *subshell) Main(p *process.Process) int {
	s := &Shell{p: p, state: sub.state.clone(), substStatus: -1}
	s.configure()
	if !sub.keep {
		s.dropTraps()
		s.jobs = nil
	}
	s.top(sub.stmts, true)
	return s.finish()
}

// dropTraps forgets the traps with actions; what is ignored stays ignored.
func (s *Shell) dropTraps() {
	for sig, action := range s.traps {
		if action != "" {
			delete(s.traps, sig)
		}
	}
}

// fork returns the program of a subshell, and the files it inherits.
func (s *Shell) fork(stmts []*syntax.Stmt) (*subshell, map[int]int) {
	sub := &subshell{state: s.state.clone(), stmts: stmts}
	for fd := range sub.state.fds {
		sub.state.fds[fd] = fd
	}
	return sub, maps.Clone(s.fds)
}

// journalLimit is when a script that runs for ever forgets its past.
const journalLimit = 2048

// checkpoint is called at the start of an iteration of a loop that is a
// statement of the script itself: running it again from here is the same as
// running the rest of the script.
func (s *Shell) checkpoint(st *syntax.Stmt) {
	if len(s.rest) == 0 || s.rest[0] != st || s.loops > 1 || s.calls > 0 || s.interactive || s.p.JournalSize() < journalLimit {
		return
	}
	s.p.Checkpoint(&subshell{state: s.state.clone(), stmts: s.rest, keep: true})
}

// printf writes to a descriptor of the script.
func (s *Shell) printf(fd int, format string, args ...any) {
	s.write(fd, fmt.Sprintf(format, args...))
}

func (s *Shell) write(fd int, text string) {
	real, ok := s.fds[fd]
	if !ok {
		s.status = 1
		if fd != 2 {
			s.complain("%s", "write error: "+filesystem.EBADF.Error())
		}
		return
	}
	if _, err := s.p.Write(real, []byte(text)); err != nil && fd != 2 {
		s.status = 1
		s.complain("%s", "write error: "+err.Error())
	}
}

// complain prints a message to the standard error as the shell's own.
func (s *Shell) complain(format string, args ...any) {
	s.printf(2, "%s%s\n", s.dialect.prefix(s.name, s.line, s.inCommand || s.interactive), fmt.Sprintf(format, args...))
}

// fail complains and sets the status.
func (s *Shell) fail(status int, format string, args ...any) {
	s.complain(format, args...)
	s.status = status
}
