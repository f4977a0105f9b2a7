package shell

import (
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// simple runs a simple command: assignments, redirections and words.
func (s *Shell) simple(st *syntax.Stmt, call *syntax.CallExpr, tail bool) {
	s.substStatus = -1
	args, ok := s.fields(call.Args...)
	if !ok {
		return
	}
	if len(args) == 0 {
		s.assignments(st, call)
		return
	}
	if args[0] == "exec" {
		s.exec(st, call, args[1:])
		return
	}
	before, ok := s.redirect(st.Redirs)
	if !ok {
		s.restore(before)
		if _, special := specialBuiltins[args[0]]; special && s.dialect != Bash && !s.interactive {
			s.flow = flowExit
		}
		return
	}
	s.withAssignments(call, args, tail)
	s.restore(before)
}

// assignments runs a command without words, which sets variables.
func (s *Shell) assignments(st *syntax.Stmt, call *syntax.CallExpr) {
	before, ok := s.redirect(st.Redirs)
	defer s.restore(before)
	if !ok {
		return
	}
	for _, a := range call.Assigns {
		v, ok := s.assignment(a, false)
		if !ok {
			return
		}
		if s.options.xtrace {
			s.trace([]string{a.Name.Value + "=" + v.String()})
		}
		if err := s.assign(a.Name.Value, v); err != nil {
			s.fail(2, "%v", err)
			if !s.interactive {
				s.flow = flowExit
			}
			return
		}
	}
	s.status = 0
	if s.substStatus >= 0 {
		s.status = s.substStatus
	}
}

// withAssignments runs a command with the variables that stand before it set
// for its time.
func (s *Shell) withAssignments(call *syntax.CallExpr, args []string, tail bool) {
	olds := map[string]variable{}
	var trace []string
	for _, a := range call.Assigns {
		v, ok := s.assignment(a, false)
		if !ok {
			return
		}
		name := a.Name.Value
		if _, done := olds[name]; !done {
			olds[name] = s.vars[name]
		}
		v.Exported = true
		if err := s.assign(name, v); err != nil {
			s.fail(2, "%v", err)
			return
		}
		trace = append(trace, name+"="+v.String())
	}
	if s.options.xtrace {
		s.trace(append(trace, args...))
	}
	s.call(args, tail && len(olds) == 0 || tail && !s.isInternal(args[0]))
	if _, special := specialBuiltins[args[0]]; special && s.dialect != Bash {
		return
	}
	for name, old := range olds {
		if old.order == 0 {
			delete(s.vars, name)
		} else {
			s.vars[name] = old
		}
	}
}

// trace prints a command as set -x does.
func (s *Shell) trace(words []string) {
	for i, word := range words {
		if quoted, err := syntax.Quote(word, syntax.LangPOSIX); err == nil && !strings.Contains(word, "=") {
			words[i] = quoted
		}
	}
	s.printf(2, "+ %s\n", strings.Join(words, " "))
}

func (s *Shell) isInternal(name string) bool {
	_, isFunc := s.funcs[name]
	_, isBuiltin := s.builtin(name)
	return isFunc || isBuiltin
}

// call runs a function, builtin or program.
func (s *Shell) call(args []string, tail bool) {
	if body, ok := s.funcs[args[0]]; ok {
		s.callFunction(body, args)
		return
	}
	if b, ok := s.builtin(args[0]); ok {
		s.lastStatus, s.status = s.status, 0
		b(s, args)
		return
	}
	s.external(args, s.exported(), tail && len(s.traps) == 0 && !s.interactive)
}

// maxCalls is how deep functions may call each other.
const maxCalls = 1000

func (s *Shell) callFunction(body *syntax.Stmt, args []string) {
	if s.calls >= maxCalls {
		s.fail(2, "%s: maximum function nesting level exceeded (%d)", args[0], maxCalls)
		s.flow = flowExit
		return
	}
	params, loops := s.params, s.loops
	s.params, s.loops = args[1:], 0
	s.calls++
	s.locals = append(s.locals, map[string]variable{})
	s.stmt(body, false)
	s.dropLocals()
	s.calls--
	s.params, s.loops = params, loops
	if s.flow == flowReturn {
		s.flow = flowNone
	}
}

// dropLocals gives the variables that a function made local their old values.
func (s *Shell) dropLocals() {
	last := len(s.locals) - 1
	for name, old := range s.locals[last] {
		if old.order == 0 {
			delete(s.vars, name)
		} else {
			s.vars[name] = old
		}
	}
	s.locals = s.locals[:last]
}

// local makes a variable local to the function that runs.
func (s *Shell) local(name string) {
	scope := s.locals[len(s.locals)-1]
	if _, done := scope[name]; done {
		return
	}
	scope[name] = s.vars[name]
	s.put(name, expand.Variable{Local: true, Exported: s.vars[name].Exported})
}

// find looks for a program as the shell does and returns its path.
func (s *Shell) find(name string) (string, error) {
	return LookPath(s.p, name, s.get("PATH"))
}

// LookPath finds the file to execute for a command name: the name itself if it
// has a slash, else the first in the directories of searchPath. The error is
// EACCES if there is one that may not be executed.
func LookPath(p *process.Process, name, searchPath string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	return process.Files(p, func(v *filesystem.View) (string, error) {
		found := error(filesystem.ENOENT)
		for dir := range strings.SplitSeq(searchPath, ":") {
			if !strings.HasPrefix(dir, "/") {
				continue
			}
			path := strings.TrimSuffix(dir, "/") + "/" + name
			if info, err := v.Stat(path); err != nil || info.Kind != filesystem.Regular {
				continue
			}
			if v.Access(path, "x") == nil {
				return path, nil
			}
			found = filesystem.EACCES
		}
		return "", found
	})
}

// external runs a program, in the place of the shell if it is its last act.
func (s *Shell) external(args []string, env []string, replace bool) {
	path, err := s.find(args[0])
	if err != nil {
		s.cantRun(args[0], err)
		return
	}
	cmd := process.Command{Path: path, Args: args, Env: env, Files: s.fds}
	if replace {
		err = s.p.Exec(cmd)
	} else {
		var pid int
		if pid, err = s.p.Spawn(cmd); err == nil {
			s.await(pid)
			return
		}
	}
	if err == filesystem.ENOEXEC {
		s.runAsScript(path, args)
		return
	}
	s.cantRun(args[0], err)
}

// runAsScript runs a file without a first line that names its interpreter.
func (s *Shell) runAsScript(path string, args []string) {
	data, err := s.p.ReadFile(path)
	if err != nil || strings.IndexByte(string(data[:min(len(data), 256)]), 0) >= 0 {
		s.cantRun(args[0], filesystem.ENOEXEC)
		return
	}
	sub, files := s.fork(nil)
	sub.state.name, sub.state.params, sub.state.inCommand = path, args[1:], false
	stmts, err := s.parse(string(data))
	if err != nil {
		s.syntaxError(err)
		return
	}
	sub.stmts = stmts
	if pid, err := s.p.Spawn(commandOf(sub, s, files)); err == nil {
		s.await(pid)
	}
}

func (s *Shell) cantRun(name string, err error) {
	switch {
	case err != filesystem.ENOENT:
		s.fail(126, "%s: %v", name, err)
	case strings.Contains(name, "/") && s.dialect == Bash:
		s.fail(127, "%s: %v", name, err)
	default:
		s.fail(127, "%s", s.dialect.notFound(name))
	}
}

// exec replaces the shell, or makes redirections last.
func (s *Shell) exec(st *syntax.Stmt, call *syntax.CallExpr, args []string) {
	before, ok := s.redirect(st.Redirs)
	if !ok {
		s.restore(before)
		s.flow = flowExit
		return
	}
	s.status = 0
	if len(args) == 0 {
		return
	}
	for _, a := range call.Assigns {
		if v, ok := s.assignment(a, false); ok {
			v.Exported = true
			s.put(a.Name.Value, v)
		}
	}
	if s.options.xtrace {
		s.trace(append([]string{"exec"}, args...))
	}
	s.external(args, s.exported(), true)
	if s.flow == flowNone && !s.interactive {
		s.flow = flowExit
	}
	s.restore(before)
}
