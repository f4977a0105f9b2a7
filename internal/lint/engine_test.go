package lint

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/tools/go/packages"
)

func TestEngineStartsNoGoroutine(t *testing.T) {
	var r report
	eachNode(t, engine, func(p *packages.Package, n ast.Node) {
		switch n := n.(type) {
		case *ast.GoStmt:
			r.add(p, n.Pos(), "go statement")
		case *ast.SelectStmt:
			r.add(p, n.Pos(), "select statement")
		case *ast.SendStmt:
			r.add(p, n.Pos(), "channel send")
		}
	})
	r.check(t, "The engine runs on its caller's goroutine: enqueue work on the loop, or do it in an edge.")
}

// forbiddenImports reach the outside.
var forbiddenImports = []string{
	"crypto/rand", "os", "os/exec", "os/signal", "syscall", "io/ioutil", "math/rand",
	"k8s.io/apimachinery/pkg/util/uuid", "github.com/google/uuid",
}

func TestEngineImportsNothingOutside(t *testing.T) {
	var r report
	eachNode(t, engine, func(p *packages.Package, n ast.Node) {
		spec, ok := n.(*ast.ImportSpec)
		if !ok {
			return
		}
		if path, err := strconv.Unquote(spec.Path.Value); err == nil && slices.Contains(forbiddenImports, path) {
			r.add(p, n.Pos(), "import of %s", path)
		}
	})
	r.check(t, "Time, randomness and effects are handed in: take a value or an interface instead.")
}

// forbiddenFunctions read a clock, a global random source or the network.
var forbiddenFunctions = map[string][]string{
	"time":                                 {"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"},
	"math/rand/v2":                         {"Int", "IntN", "Int64", "Int64N", "Uint64", "Uint32", "Float64", "Perm", "Shuffle", "N"},
	"net":                                  {"Dial", "DialTimeout", "Listen", "ListenPacket", "LookupHost", "LookupIP"},
	"k8s.io/apimachinery/pkg/util/rand":    {"String", "Intn", "Int63", "Perm", "Seed", "IntnRange"},
	"k8s.io/apimachinery/pkg/apis/meta/v1": {"Now", "NowMicro"},
}

// messages are what the engine may use of net/http: HTTP as bytes, not the
// network.
var messages = []string{
	"Request", "Response", "Header", "NoBody", "NewRequest", "ReadRequest", "ReadResponse",
	"StatusText", "DetectContentType", "CanonicalHeaderKey", "ParseTime", "TimeFormat",
}

func TestEngineUsesHTTPAsBytesOnly(t *testing.T) {
	var r report
	eachNode(t, engine, func(p *packages.Package, n ast.Node) {
		id, ok := n.(*ast.Ident)
		if !ok {
			return
		}
		used := p.TypesInfo.Uses[id]
		if used == nil || used.Pkg() == nil || used.Pkg().Path() != "net/http" || used.Parent() != used.Pkg().Scope() {
			return
		}
		if _, constant := used.(*types.Const); !constant && !slices.Contains(messages, used.Name()) {
			r.add(p, n.Pos(), "http.%s", used.Name())
		}
	})
	r.check(t, "Parse and write HTTP messages; who carries them is an edge.")
}

func TestEngineCallsNothingOutside(t *testing.T) {
	var r report
	eachNode(t, engine, func(p *packages.Package, n ast.Node) {
		id, ok := n.(*ast.Ident)
		if !ok {
			return
		}
		f, ok := p.TypesInfo.Uses[id].(*types.Func)
		if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
			return
		}
		if slices.Contains(forbiddenFunctions[f.Pkg().Path()], f.Name()) {
			r.add(p, n.Pos(), "%s.%s", f.Pkg().Path(), f.Name())
		}
	})
	r.check(t, "Ask the loop: Now for the time, Rand for randomness, Arm for a timer.")
}
