package lint

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
)

// A loop over a map is fine when the order can't be seen: its body only fills
// maps, counts, deletes or looks for something that is there or not, or what
// it collects is sorted afterwards in the same function.
func TestNoMapOrderReachesAnOutput(t *testing.T) {
	var r report
	for _, p := range load(t) {
		if !within(room(p), engine...) {
			continue
		}
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				if body := functionBody(n); body != nil {
					checkLoops(&r, p, body)
				}
				return true
			})
		}
	}
	r.check(t, "Range over slices.Sorted(maps.Keys(m)), or sort what you have collected before the function ends.")
}

func functionBody(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

func checkLoops(r *report, p *packages.Package, body *ast.BlockStmt) {
	sorted := sortsSomething(p, body)
	ast.Inspect(body, func(n ast.Node) bool {
		if _, nested := n.(*ast.FuncLit); nested {
			return false // has its own turn
		}
		loop, ok := n.(*ast.RangeStmt)
		if !ok || !isMap(p, loop.X) || sorted || loop.Key == nil && loop.Value == nil {
			return true
		}
		if bad := (&mapLoop{p, loop}).orderMatters(loop.Body.List); bad != nil {
			r.add(p, bad.Pos(), "the order of a map can be seen here")
		}
		return true
	})
}

func isMap(p *packages.Package, x ast.Expr) bool {
	if t := p.TypesInfo.TypeOf(x); t != nil {
		if _, ok := t.Underlying().(*types.Map); ok {
			return true
		}
	}
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	f := callee(p, call)
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == "maps" && slices.Contains([]string{"Keys", "Values", "All"}, f.Name())
}

func callee(p *packages.Package, call *ast.CallExpr) *types.Func {
	var id *ast.Ident
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return nil
	}
	f, _ := p.TypesInfo.Uses[id].(*types.Func)
	return f
}

// sortsSomething reports whether a function sorts what it has collected.
func sortsSomething(p *packages.Package, body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !found
		}
		f := callee(p, call)
		if f == nil || f.Pkg() == nil {
			return true
		}
		switch f.Pkg().Path() {
		case "slices":
			found = found || slices.Contains([]string{"Sort", "SortFunc", "SortStableFunc", "Sorted", "SortedFunc"}, f.Name())
		case "sort":
			found = true
		}
		return !found
	})
	return found
}

// mapLoop is a loop over a map.
type mapLoop struct {
	p    *packages.Package
	loop *ast.RangeStmt
}

// orderMatters returns the first statement whose effect depends on the order
// in which a loop comes by.
func (l *mapLoop) orderMatters(body []ast.Stmt) ast.Stmt {
	for _, s := range body {
		if bad := l.matters(s); bad != nil {
			return bad
		}
	}
	return nil
}

func (l *mapLoop) matters(s ast.Stmt) ast.Stmt {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if l.assignmentMatters(s) {
			return s
		}
	case *ast.IncDecStmt, *ast.EmptyStmt, *ast.DeclStmt:
	case *ast.BranchStmt:
		if s.Tok == token.BREAK || s.Tok == token.GOTO {
			return s
		}
	case *ast.ExprStmt:
		if !isBuiltin(l.p, s.X, "delete", "clear") && !l.changesLocal(s.X) {
			return s
		}
	case *ast.ReturnStmt:
		if slices.ContainsFunc(s.Results, func(e ast.Expr) bool { return !isConstant(l.p, e) }) {
			return s
		}
	case *ast.BlockStmt:
		return l.orderMatters(s.List)
	case *ast.IfStmt:
		return l.ifMatters(s)
	case *ast.RangeStmt:
		return l.orderMatters(s.Body.List)
	case *ast.ForStmt:
		return l.orderMatters(s.Body.List)
	case *ast.SwitchStmt:
		for _, c := range s.Body.List {
			if bad := l.orderMatters(c.(*ast.CaseClause).Body); bad != nil {
				return bad
			}
		}
	default:
		return s
	}
	return nil
}

func (l *mapLoop) ifMatters(s *ast.IfStmt) ast.Stmt {
	if bad := l.orderMatters(s.Body.List); bad != nil {
		return bad
	}
	if s.Else != nil {
		return l.matters(s.Else)
	}
	return nil
}

// changesLocal reports whether a call is a method of a variable that lives for
// one turn of the loop only.
func (l *mapLoop) changesLocal(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := method.X.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := l.p.TypesInfo.Uses[id].(*types.Var)
	if !ok || v.Pos() < l.loop.Pos() || v.Pos() > l.loop.End() {
		return false
	}
	_, pointer := v.Type().Underlying().(*types.Pointer)
	return !pointer
}

// assignmentMatters is false for what comes to the same in any order: filling a
// map, defining a variable of the loop, sums, and setting a constant.
func (l *mapLoop) assignmentMatters(s *ast.AssignStmt) bool {
	p := l.p
	switch s.Tok {
	case token.DEFINE, token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN:
		return false
	case token.ADD_ASSIGN, token.SUB_ASSIGN:
		basic, ok := p.TypesInfo.TypeOf(s.Lhs[0]).Underlying().(*types.Basic)
		return !ok || basic.Info()&types.IsInteger == 0
	}
	for i, left := range s.Lhs {
		index, ok := left.(*ast.IndexExpr)
		fillsMap := ok && isMap(p, index.X)
		constant := len(s.Rhs) == len(s.Lhs) && isConstant(p, s.Rhs[i])
		extreme := len(s.Rhs) == len(s.Lhs) && isBuiltin(p, s.Rhs[i], "max", "min")
		if !fillsMap && !constant && !extreme {
			return true
		}
	}
	return false
}

// isConstant reports whether an expression has one value: a constant, nil, or
// an empty literal.
func isConstant(p *packages.Package, e ast.Expr) bool {
	if literal, ok := e.(*ast.CompositeLit); ok && len(literal.Elts) == 0 {
		return true
	}
	tv, ok := p.TypesInfo.Types[e]
	return ok && (tv.Value != nil || tv.IsNil())
}

func isBuiltin(p *packages.Package, e ast.Expr, names ...string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := p.TypesInfo.Uses[id].(*types.Builtin)
	return ok && slices.Contains(names, b.Name())
}
