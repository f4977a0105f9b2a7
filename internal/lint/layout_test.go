package lint

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const (
	maxFileLines     = 500
	maxFunctionLines = 80
)

// vagueNames say nothing about what a package or file is for.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "base"}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	for _, p := range load(t) {
		if len(p.Syntax) == 0 {
			continue
		}
		documented := slices.ContainsFunc(p.Syntax, func(f *ast.File) bool { return f.Doc != nil })
		if !documented {
			t.Errorf("%s has no package comment: say what it is for and what it may not do", p.PkgPath)
		}
		if slices.Contains(vagueNames, p.Name) {
			t.Errorf("%s: name the package after the one thing it provides", p.PkgPath)
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	var r report
	for _, p := range load(t) {
		for _, f := range p.Syntax {
			if ast.IsGenerated(f) {
				continue
			}
			tok := p.Fset.File(f.Pos())
			if n := tok.LineCount(); n > maxFileLines {
				r.add(p, f.Pos(), "file of %d lines, at most %d", n, maxFileLines)
			}
			if name := strings.TrimSuffix(filepath.Base(tok.Name()), ".go"); slices.Contains(vagueNames, name) {
				r.add(p, f.Pos(), "file name %q says nothing", name)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				if n := p.Fset.Position(fn.End()).Line - p.Fset.Position(fn.Pos()).Line + 1; n > maxFunctionLines {
					r.add(p, fn.Pos(), "function %s of %d lines, at most %d", fn.Name.Name, n, maxFunctionLines)
				}
			}
		}
	}
	r.check(t, "Look for the concept that is missing, and give it a name, a function or a file.")
}

func TestNothingHappensBehindTheScenes(t *testing.T) {
	var r report
	for _, p := range load(t) {
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					if n.Recv == nil && n.Name.Name == "init" {
						r.add(p, n.Pos(), "func init")
					}
				case *ast.AssignStmt:
					for _, left := range n.Lhs {
						if v := packageVariable(p, left); v != nil {
							r.add(p, left.Pos(), "package variable %s is changed", v.Name())
						}
					}
				case *ast.CallExpr:
					exits(&r, p, n)
				}
				return true
			})
		}
	}
	r.check(t, "Hand state in; return errors, and let main.go exit.")
}

// packageVariable is the package-level variable that an assignment changes.
func packageVariable(p *packages.Package, e ast.Expr) *types.Var {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
			continue
		case *ast.SelectorExpr:
			e = x.X
			continue
		case *ast.StarExpr:
			e = x.X
			continue
		case *ast.Ident:
			v, ok := p.TypesInfo.Uses[x].(*types.Var)
			if ok && v.Parent() == p.Types.Scope() {
				return v
			}
		}
		return nil
	}
}

func exits(r *report, p *packages.Package, call *ast.CallExpr) {
	f := callee(p, call)
	if f == nil || f.Pkg() == nil || f.Signature().Recv() != nil {
		return
	}
	name := f.Pkg().Path() + "." + f.Name()
	switch {
	case name == "context.TODO":
		r.add(p, call.Pos(), "%s", name)
	case (name == "os.Exit" || strings.HasPrefix(name, "log.Fatal")) && room(p) != "":
		r.add(p, call.Pos(), "%s outside main.go", name)
	}
}
