package shell

import (
	"regexp"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// stmts runs a list. tail says that the shell ends after it, so that the last
// command may take its place.
func (s *Shell) stmts(list []*syntax.Stmt, tail bool) {
	for i, st := range list {
		s.stmt(st, tail && i == len(list)-1)
		if s.flow != flowNone {
			return
		}
	}
}

// stmt runs one statement.
func (s *Shell) stmt(st *syntax.Stmt, tail bool) {
	s.p.Spend()
	s.runTraps()
	if s.flow != flowNone || s.options.noexec {
		return
	}
	s.line = st.Pos().Line()
	switch {
	case st.Background:
		s.background(st)
	case st.Negated:
		s.negated(st)
	default:
		s.redirected(st, tail)
		s.errexit(st)
	}
}

// errexit ends the script after a command that failed, if set -e says so.
func (s *Shell) errexit(st *syntax.Stmt) {
	if !s.options.errexit || s.status == 0 || s.condition > 0 || s.flow != flowNone {
		return
	}
	if b, ok := st.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.AndStmt || b.Op == syntax.OrStmt) {
		return
	}
	s.flow = flowExit
}

func (s *Shell) negated(st *syntax.Stmt) {
	s.condition++
	s.redirected(st, false)
	s.condition--
	if s.flow == flowNone {
		s.status = truth(s.status != 0)
	}
}

// redirected runs the command of a statement with its redirections.
func (s *Shell) redirected(st *syntax.Stmt, tail bool) {
	if call, ok := st.Cmd.(*syntax.CallExpr); ok {
		s.simple(st, call, tail)
		return
	}
	before, ok := s.redirect(st.Redirs)
	if ok {
		s.compound(st, tail)
	}
	s.restore(before)
}

// compound runs a command that is not a simple one.
func (s *Shell) compound(st *syntax.Stmt, tail bool) {
	switch cmd := st.Cmd.(type) {
	case nil:
		s.status = 0
	case *syntax.Block:
		s.stmts(cmd.Stmts, tail)
	case *syntax.Subshell:
		s.child(cmd.Stmts)
	case *syntax.IfClause:
		s.ifClause(cmd, tail)
	case *syntax.WhileClause:
		s.whileClause(st, cmd)
	case *syntax.ForClause:
		s.forClause(cmd)
	case *syntax.CaseClause:
		s.caseClause(cmd, tail)
	case *syntax.BinaryCmd:
		s.binary(cmd, tail)
	case *syntax.FuncDecl:
		s.define(cmd)
	case *syntax.DeclClause:
		s.declare(cmd)
	case *syntax.ArithmCmd:
		if n, ok := s.arithmetic(cmd.X); ok {
			s.status = truth(n != 0)
		}
	case *syntax.LetClause:
		for _, expr := range cmd.Exprs {
			if n, ok := s.arithmetic(expr); ok {
				s.status = truth(n != 0)
			}
		}
	case *syntax.TestClause:
		s.status = truth(s.testExpr(cmd.X))
	case *syntax.TimeClause:
		s.timed(cmd)
	default:
		s.fail(2, "%T is not supported", cmd)
	}
}

// define takes the definition of a function.
func (s *Shell) define(cmd *syntax.FuncDecl) {
	if cmd.Name == nil {
		s.fail(2, "syntax error: function without a name")
		return
	}
	s.funcs[cmd.Name.Value] = cmd.Body
	s.status = 0
}

// truth is the exit status for a condition.
func truth(holds bool) int {
	if holds {
		return 0
	}
	return 1
}

// holds runs a condition.
func (s *Shell) holds(cond []*syntax.Stmt) bool {
	s.condition++
	s.stmts(cond, false)
	s.condition--
	return s.flow == flowNone && s.status == 0
}

func (s *Shell) ifClause(c *syntax.IfClause, tail bool) {
	for ; c != nil; c = c.Else {
		if len(c.Cond) == 0 || s.holds(c.Cond) {
			s.stmts(c.Then, tail)
			return
		}
		if s.flow != flowNone {
			return
		}
	}
	s.status = 0
}

// iterate runs the body of a loop, and reports whether the loop goes on.
func (s *Shell) iterate(body []*syntax.Stmt) bool {
	s.stmts(body, false)
	if s.flow == flowBreak || s.flow == flowContinue {
		s.levels--
		again := s.flow == flowContinue && s.levels == 0
		if s.levels == 0 {
			s.flow = flowNone
		}
		return again
	}
	return s.flow == flowNone
}

func (s *Shell) whileClause(st *syntax.Stmt, c *syntax.WhileClause) {
	s.loops++
	defer func() { s.loops-- }()
	status := 0
	for {
		if len(st.Redirs) == 0 {
			s.checkpoint(st)
		}
		if s.holds(c.Cond) == c.Until || s.flow != flowNone {
			break
		}
		again := s.iterate(c.Do)
		status = s.status
		if !again {
			break
		}
	}
	if s.flow == flowNone {
		s.status = status
	}
}

func (s *Shell) forClause(c *syntax.ForClause) {
	s.loops++
	defer func() { s.loops-- }()
	switch loop := c.Loop.(type) {
	case *syntax.WordIter:
		items := s.params
		if loop.InPos.IsValid() {
			var ok bool
			if items, ok = s.fields(loop.Items...); !ok {
				return
			}
		}
		s.status = 0
		for _, item := range items {
			if err := s.set(loop.Name.Value, item); err != nil {
				s.fail(2, "%v", err)
				return
			}
			if !s.iterate(c.Do) {
				return
			}
		}
	case *syntax.CStyleLoop:
		s.cStyle(loop, c.Do)
	}
}

func (s *Shell) cStyle(loop *syntax.CStyleLoop, body []*syntax.Stmt) {
	value := func(expr syntax.ArithmExpr, missing int) (int, bool) {
		if expr == nil {
			return missing, true
		}
		return s.arithmetic(expr)
	}
	if _, ok := value(loop.Init, 0); !ok {
		return
	}
	for {
		n, ok := value(loop.Cond, 1)
		if !ok || n == 0 || !s.iterate(body) {
			return
		}
		if _, ok := value(loop.Post, 0); !ok {
			return
		}
	}
}

func (s *Shell) caseClause(c *syntax.CaseClause, tail bool) {
	subject, ok := s.literal(c.Word)
	if !ok {
		return
	}
	s.status = 0
	for i, item := range c.Items {
		if !s.anyMatches(item.Patterns, subject) {
			if s.flow != flowNone {
				return
			}
			continue
		}
		s.stmts(item.Stmts, tail && item.Op == syntax.Break)
		for ; item.Op == syntax.Fallthrough && i+1 < len(c.Items) && s.flow == flowNone; i++ {
			item = c.Items[i+1]
			s.stmts(item.Stmts, false)
		}
		return
	}
}

func (s *Shell) anyMatches(patterns []*syntax.Word, subject string) bool {
	for _, word := range patterns {
		p, ok := s.pattern(word)
		if ok && matches(p, subject) {
			return true
		}
	}
	return false
}

// matches reports whether a shell pattern matches the whole subject.
func matches(pat, subject string) bool {
	expr, err := pattern.Regexp(pat, pattern.EntireString)
	if err != nil {
		return pat == subject
	}
	re, err := regexp.Compile("(?s)" + expr)
	return err == nil && re.MatchString(subject)
}

func (s *Shell) binary(cmd *syntax.BinaryCmd, tail bool) {
	switch cmd.Op {
	case syntax.Pipe, syntax.PipeAll:
		s.pipeline(cmd)
		return
	}
	s.condition++
	s.stmt(cmd.X, false)
	s.condition--
	if s.flow == flowNone && (s.status == 0) == (cmd.Op == syntax.AndStmt) {
		s.stmt(cmd.Y, tail)
	}
}

// timed runs a command and reports how long it took.
func (s *Shell) timed(c *syntax.TimeClause) {
	start := s.p.Now()
	if c.Stmt != nil {
		s.stmt(c.Stmt, false)
	}
	took := s.p.Now().Sub(start)
	format := "real\t%dm %.2fs\nuser\t0m 0.00s\nsys\t0m 0.00s\n"
	if s.dialect == Bash {
		format = "\nreal\t%dm%.3fs\nuser\t0m0.000s\nsys\t0m0.000s\n"
	}
	minutes := int(took.Minutes())
	s.printf(2, format, minutes, took.Seconds()-float64(60*minutes))
}

// declare runs export, readonly, local, declare and typeset.
func (s *Shell) declare(cmd *syntax.DeclClause) {
	s.status = 0
	d := declaration{variant: cmd.Variant.Value}
	for _, a := range cmd.Args {
		if a.Name == nil {
			words, ok := s.fields(a.Value)
			if !ok {
				return
			}
			for _, word := range words {
				d.argument(s, word)
			}
			continue
		}
		if a.Naked {
			d.apply(s, a.Name.Value, nil)
			continue
		}
		v, ok := s.assignment(a, d.variant == "local")
		if !ok {
			return
		}
		d.apply(s, a.Name.Value, &v)
	}
	d.finish(s)
}

// assignment evaluates the value of name=value, name+=value or name=(...).
func (s *Shell) assignment(a *syntax.Assign, fresh bool) (expand.Variable, bool) {
	old := s.vars[a.Name.Value].Variable
	if fresh {
		old = expand.Variable{}
	}
	if a.Array != nil {
		return s.array(a, old)
	}
	value, ok := s.literal(a.Value)
	if !ok {
		return expand.Variable{}, false
	}
	if a.Index != nil {
		return s.element(a, old, value)
	}
	if a.Append {
		value = old.String() + value
	}
	return text(value), true
}
