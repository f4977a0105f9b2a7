package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// heavy are packages that cost memory and time at each start of the program,
// whatever it is asked to do; see docs/decisions/0007. What begins with one of
// these is meant, too.
var heavy = []string{
	"go.opentelemetry.io/otel/exporters",
	"go.opentelemetry.io/otel/sdk",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation",
	"k8s.io/apiserver/pkg/admission",
	"k8s.io/apiserver/pkg/audit",
	"k8s.io/apiserver/pkg/server",
	"k8s.io/apiserver/pkg/util/webhook",
	"k8s.io/component-base/tracing",
	"sigs.k8s.io/apiserver-network-proxy",
}

func TestNothingHeavyIsLinked(t *testing.T) {
	program, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps, Dir: "../.."}, ".")
	require.NoError(t, err)
	packages.Visit(program, nil, func(p *packages.Package) {
		for path := range p.Imports {
			if slices.ContainsFunc(heavy, func(h string) bool { return strings.HasPrefix(path, h) }) {
				t.Errorf("%s imports %s, which costs something at each start: docs/decisions/0007", p.PkgPath, path)
			}
		}
	})
}
