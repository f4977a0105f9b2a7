package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// heavy are packages that cost memory and time at each start of what links
// them, whatever it is asked to do; see docs/decisions/0007. What begins with
// one of these is meant, too.
var heavy = map[string][]string{
	".": {
		"go.opentelemetry.io/otel/exporters",
		"go.opentelemetry.io/otel/sdk",
		"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation",
		"k8s.io/apiserver/pkg/admission",
		"k8s.io/apiserver/pkg/audit",
		"k8s.io/apiserver/pkg/server",
		"k8s.io/apiserver/pkg/util/webhook",
		"k8s.io/cli-runtime/pkg/resource",
		"k8s.io/client-go/discovery",
		"k8s.io/client-go/restmapper",
		"k8s.io/client-go/scale",
		"k8s.io/component-base/tracing",
		"sigs.k8s.io/apiserver-network-proxy",
	},
	"cli/discovery": {
		"k8s.io/cli-runtime",
		"k8s.io/client-go/kubernetes",
	},
	"cli/resource": {
		"k8s.io/cli-runtime",
		"k8s.io/client-go/discovery",
		"k8s.io/client-go/kubernetes",
		"k8s.io/client-go/restmapper",
		"sigs.k8s.io/kustomize",
	},
}

func TestNothingHeavyIsLinked(t *testing.T) {
	for room, forbidden := range heavy {
		mode := packages.NeedName | packages.NeedImports | packages.NeedDeps
		linked, err := packages.Load(&packages.Config{Mode: mode, Dir: "../.."}, "./"+room)
		require.NoError(t, err)
		packages.Visit(linked, nil, func(p *packages.Package) {
			for path := range p.Imports {
				if slices.ContainsFunc(forbidden, func(f string) bool { return strings.HasPrefix(path, f) }) {
					t.Errorf("%s imports %s, which costs something at each start of %s: docs/decisions/0007", p.PkgPath, path, room)
				}
			}
		})
	}
}
