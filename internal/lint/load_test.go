package lint

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

const module = "github.com/kubejig/kubejig"

// project loads all packages of the module, with types, once.
var project = sync.OnceValues(func() ([]*packages.Package, error) {
	return packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile,
		Dir: "../..",
	}, "./...")
})

func load(t *testing.T) []*packages.Package {
	t.Helper()
	pkgs, err := project()
	require.NoError(t, err)
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			t.Fatalf("%s does not compile: %s", p.PkgPath, p.Errors[0].Msg)
		}
	}
	return pkgs
}

// room is a package's path within the module; "" for the root.
func room(p *packages.Package) string {
	return strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")
}

// within reports whether a room is one of, or below one of, some others.
func within(room string, parents ...string) bool {
	for _, p := range parents {
		if room == p || strings.HasPrefix(room, p+"/") {
			return true
		}
	}
	return false
}

// engine is where everything is deterministic; see docs/architecture.md.
var engine = []string{
	"selectors",
	"internal/admission", "internal/allocation", "internal/authorization", "internal/client",
	"internal/clusterdns", "internal/controllers", "internal/customresource", "internal/equality", "internal/events",
	"internal/expression", "internal/internalform", "internal/jsonpatch", "internal/kubelet", "internal/loop", "internal/metrics", "internal/ownership",
	"internal/pattern", "internal/podspec", "internal/podstatus", "internal/quota", "internal/rbac", "internal/registry",
	"internal/resources", "internal/scheduler", "internal/services", "internal/simulation", "internal/storageform", "internal/store",
	"internal/webhookclient",
}

// report collects the places that break a rule.
type report struct {
	places []string
}

func (r *report) add(p *packages.Package, at token.Pos, format string, args ...any) {
	pos := p.Fset.Position(at)
	file := pos.Filename
	if i := strings.Index(file, room(p)+"/"); room(p) != "" && i >= 0 {
		file = file[i:]
	}
	r.places = append(r.places, fmt.Sprintf("%s:%d: %s", file, pos.Line, fmt.Sprintf(format, args...)))
}

func (r *report) check(t *testing.T, wayOut string) {
	t.Helper()
	if len(r.places) > 0 {
		t.Errorf("%s\n\n%s", strings.Join(r.places, "\n"), wayOut)
	}
}

// eachNode visits the syntax of the packages in some rooms.
func eachNode(t *testing.T, rooms []string, visit func(*packages.Package, ast.Node)) {
	for _, p := range load(t) {
		if !within(room(p), rooms...) {
			continue
		}
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				if n != nil {
					visit(p, n)
				}
				return true
			})
		}
	}
}
