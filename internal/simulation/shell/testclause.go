package shell

import (
	"regexp"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// testExpr evaluates [[ ... ]].
func (s *Shell) testExpr(x syntax.TestExpr) bool {
	switch x := x.(type) {
	case *syntax.Word:
		value, ok := s.literal(x)
		return ok && value != ""
	case *syntax.ParenTest:
		return s.testExpr(x.X)
	case *syntax.UnaryTest:
		return s.unaryTest(x)
	case *syntax.BinaryTest:
		return s.binaryTest(x)
	}
	return false
}

func (s *Shell) unaryTest(x *syntax.UnaryTest) bool {
	if x.Op == syntax.TsNot {
		return !s.testExpr(x.X)
	}
	word, _ := x.X.(*syntax.Word)
	operand, ok := s.literal(word)
	if !ok {
		return false
	}
	if x.Op == syntax.TsVarSet {
		return s.vars[operand].Set
	}
	s.test([]string{"test", x.Op.String(), operand})
	return s.status == 0
}

func (s *Shell) binaryTest(x *syntax.BinaryTest) bool {
	switch x.Op {
	case syntax.AndTest:
		return s.testExpr(x.X) && s.testExpr(x.Y)
	case syntax.OrTest:
		return s.testExpr(x.X) || s.testExpr(x.Y)
	}
	left, ok := s.literal(x.X.(*syntax.Word))
	if !ok {
		return false
	}
	word := x.Y.(*syntax.Word)
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
		pat, ok := s.pattern(word)
		return ok && matches(pat, left) == (x.Op != syntax.TsNoMatch)
	case syntax.TsReMatch:
		return s.regexMatch(left, word)
	}
	right, ok := s.literal(word)
	if !ok {
		return false
	}
	s.test([]string{"test", left, x.Op.String(), right})
	return s.status == 0
}

// regexMatch is =~, which leaves the groups in BASH_REMATCH.
func (s *Shell) regexMatch(left string, word *syntax.Word) bool {
	expr, ok := s.literal(word)
	if !ok {
		return false
	}
	re, err := regexp.CompilePOSIX(expr)
	if err != nil {
		s.status = 2
		return false
	}
	groups := re.FindStringSubmatch(left)
	if groups != nil {
		s.put("BASH_REMATCH", expand.Variable{Set: true, Kind: expand.Indexed, List: groups})
	}
	return groups != nil
}
