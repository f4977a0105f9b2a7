package expression

import (
	"fmt"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"github.com/stretchr/testify/require"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// accessor is an expression as Kubernetes' own compiler takes it.
type accessor struct {
	name, text string
	types      []*celgo.Type
}

func (a accessor) GetName() string            { return a.name }
func (a accessor) GetExpression() string      { return a.text }
func (a accessor) ReturnTypes() []*celgo.Type { return a.types }

func upstreamCompiler(t *testing.T) *plugincel.CompositedCompiler {
	t.Helper()
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	require.NoError(t, err)
	return compiler
}

func requireSame(t *testing.T, want, got *cel.Error) {
	t.Helper()
	if want == nil {
		require.Nil(t, got)
		return
	}
	require.NotNil(t, got, want.Detail)
	require.Equal(t, want.Type, got.Type)
	require.Equal(t, want.Detail, got.Detail)
}

// variables are declared in this order.
var variables = []struct{ name, text string }{
	{"flag", "true"}, {"count", "3"}, {"many", "3u"}, {"ratio", "1.5"}, {"word", "'a'"}, {"bytes", "b'a'"}, {"none", "null"},
	{"wait", "duration('1s')"}, {"at", "timestamp('2026-01-01T00:00:00Z')"}, {"list", "[1, 2]"}, {"nested", "[['a']]"},
	{"table", "{'a': 1}"}, {"object", "object.spec"}, {"broken", "unknown"}, {"twice", "variables.count * 2"},
	{"users", "request.userInfo.groups"}, {"extra", "request.userInfo.extra"}, {"meta", "namespaceObject.metadata"},
	{"check", "authorizer.group('')"}, {"later", "variables.missing"}, {"optional", "object.?spec"}, {"kind", "type(1)"},
}

// expressions name all there is, right and wrong.
var expressions = []string{
	"", "true", "1", "'a'", "[1]", "null", "object", "oldObject.spec.a == 1", "params.a", "authorizer", "authorizer.requestResource.check('get').allowed()",
	"authorizer.path('/x').check('get').reason()", "request", "request.uid", "request.kind.group", "request.kind.kind.size()", "request.resource.version",
	"request.resource.resource", "request.subResource", "request.requestKind.version", "request.requestResource.group", "request.requestSubResource",
	"request.name", "request.namespace", "request.operation == 'CREATE'", "request.userInfo.username", "request.userInfo.uid", "request.userInfo.groups[0]",
	"request.userInfo.extra['a'][0]", "request.dryRun", "request.options.x", "request.object", "has(request.name)", "has(request.odd)",
	"namespaceObject", "namespaceObject.metadata.name", "namespaceObject.metadata.generateName", "namespaceObject.metadata.namespace",
	"namespaceObject.metadata.labels['a']", "namespaceObject.metadata.annotations", "namespaceObject.metadata.UID", "namespaceObject.metadata.uid",
	"namespaceObject.metadata.creationTimestamp", "namespaceObject.metadata.deletionTimestamp", "namespaceObject.metadata.deletionGracePeriodSeconds",
	"namespaceObject.metadata.generation", "namespaceObject.metadata.resourceVersion", "namespaceObject.metadata.finalizers", "namespaceObject.metadata.ownerReferences",
	"namespaceObject.spec.finalizers", "namespaceObject.status.phase", "namespaceObject.status.conditions[0].lastTransitionTime",
	"namespaceObject.status.conditions.all(c, c.status + c.type + c.message + c.reason != '')",
	"Object{metadata: Object.metadata{labels: {'a': 'b'}}}", "[JSONPatch{op: 'add', path: '/a', value: 1}]", "jsonPatch.escapeKey('a/b')", "Object{}.x", "JSONPatch{odd: 1}",
	"object.spec.replicas <= variables.count", "variables.nothing", "variables", "a b", "'a'.matches('(')", "quantity('1Gi').isLessThan(quantity('2Gi'))",
	"ip('1.2.3.4')", "format.dns1123Label().validate('a')", "[1, 2].sum()", "sets.contains([1], [1])", "optional.of(1)", "'a'.find('b')", "semver('1.2.3')",
	"type(1)", "b'a'", "dyn(1)", "duration('x')", "timestamp('x')", "{'a': 1}", "[1, 'a']", "'%d'.format(['a'])", "size(1)",
}

func TestExpressionsAreThoseOfKubernetes(t *testing.T) {
	names := expressions
	for _, v := range variables {
		names = append(names, "variables."+v.name, "variables."+v.name+".odd", "variables."+v.name+" == 1")
	}
	wanted := [][]*celgo.Type{
		{celgo.BoolType}, {celgo.StringType, celgo.NullType}, {celgo.AnyType, celgo.DynType},
		{celgo.ObjectType("Object")}, {celgo.ListType(celgo.ObjectType("JSONPatch"))},
	}
	const everything = 7
	for i := range everything + 1 {
		declared := Declared{Params: i&1 != 0, Authorizer: i&2 != 0, Patches: i&4 != 0}
		t.Run(fmt.Sprintf("%+v", declared), func(t *testing.T) {
			t.Parallel()
			options := plugincel.OptionalVariableDeclarations{HasParams: declared.Params, HasAuthorizer: declared.Authorizer, HasPatchTypes: declared.Patches}
			theirs := upstreamCompiler(t)
			ours, err := NewComposing()
			require.NoError(t, err)
			for _, v := range variables {
				want := theirs.CompileAndStoreVariable(accessor{v.name, v.text, []*celgo.Type{celgo.AnyType, celgo.DynType}}, options, environment.NewExpressions)
				requireSame(t, want.Error, ours.CompileVariable(v.name, v.text, declared).Problem)
			}
			for _, text := range names {
				wanted := wanted
				if i != everything {
					wanted = wanted[:1]
				}
				for _, types := range wanted {
					want := theirs.CompileCELExpression(accessor{text: text, types: types}, options, environment.NewExpressions)
					got := ours.Compile(text, declared, types...)
					requireSame(t, want.Error, got.Problem)
					require.Equal(t, fmt.Sprint(want.OutputType), fmt.Sprint(got.Type), text)
				}
			}
		})
	}
}
