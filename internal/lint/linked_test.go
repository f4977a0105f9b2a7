package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// program is what a main package is built as, and what it may not link: packages
// that cost memory and time at each start, whatever it is asked to do. What
// begins with one of these is meant, too.
type program struct {
	name, tags string
	forbidden  []string
}

func programs() []program {
	return []program{
		{name: "the whole program", forbidden: []string{
			"go.opentelemetry.io/otel/exporters",
			"go.opentelemetry.io/otel/sdk",
			"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation",
			"k8s.io/apiserver/pkg/admission",
			"k8s.io/apiserver/pkg/audit",
			"k8s.io/apiserver/pkg/server",
			"k8s.io/apiserver/pkg/util/webhook",
			"k8s.io/cli-runtime/pkg/genericclioptions",
			"k8s.io/cli-runtime/pkg/resource",
			"k8s.io/client-go/discovery",
			"k8s.io/client-go/restmapper",
			"k8s.io/client-go/scale",
			"k8s.io/component-base/tracing",
			"sigs.k8s.io/apiserver-network-proxy",
		}},
		{name: "the client", tags: "client", forbidden: []string{
			"github.com/containerd",
			"github.com/google/cel-go",
			"github.com/kubejig/kubejig/containerd-shim",
			"github.com/kubejig/kubejig/fakecluster",
			"github.com/kubejig/kubejig/internal/controlplane",
			"github.com/kubejig/kubejig/internal/resources",
			"github.com/prometheus",
			"google.golang.org/grpc",
			"html/template",
			"k8s.io/apiextensions-apiserver",
			"k8s.io/apiserver",
			"k8s.io/cli-runtime/pkg/genericclioptions",
			"k8s.io/cli-runtime/pkg/resource",
			"k8s.io/client-go/discovery",
			"k8s.io/client-go/kubernetes",
			"k8s.io/client-go/restmapper",
			"k8s.io/client-go/scale",
			"sigs.k8s.io/kustomize",
		}},
	}
}

// See docs/decisions/0007.
func TestNothingHeavyIsLinked(t *testing.T) {
	for _, program := range programs() {
		t.Run(program.name, func(t *testing.T) {
			linked, err := packages.Load(&packages.Config{
				Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps,
				Dir:  "../..", BuildFlags: []string{"-tags=" + program.tags},
			}, ".")
			require.NoError(t, err)
			packages.Visit(linked, nil, func(p *packages.Package) {
				for path := range p.Imports {
					if slices.ContainsFunc(program.forbidden, func(f string) bool { return strings.HasPrefix(path, f) }) {
						t.Errorf("%s imports %s, which costs something at each start", p.PkgPath, path)
					}
				}
			})
		})
	}
}
