// Package expression compiles the CEL expressions of admission webhooks and
// policies, to find out whether they are valid, and evaluates them. What they
// may name, what they may cost and the messages are those of Kubernetes; its own
// package for them links all of a server's admission and audit.
package expression

import (
	"fmt"
	"slices"

	celgo "github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
)

// Declared says what expressions may name beside the request, its objects and
// the variables.
type Declared struct {
	Params     bool // params
	Authorizer bool // authorizer
	Patches    bool // the types of patches: Object, JSONPatch
}

// Compiler compiles the expressions of one object. It is not safe for
// concurrent use.
type Compiler struct {
	base *environment.EnvSet
	// variables are those that have been compiled so far; nil: none can be named.
	variables *Variables
	// environments are those that have been needed so far.
	environments map[Declared]*celgo.Env
}

// NewCompiler returns a compiler of expressions that can't name variables.
func NewCompiler() *Compiler {
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	return &Compiler{base: base, environments: map[Declared]*celgo.Env{}}
}

// NewComposing returns a compiler that knows no variables yet.
func NewComposing() (*Compiler, error) {
	c := NewCompiler()
	declared := cel.NewObjectType("kubernetes.variables", map[string]*cel.DeclField{})
	base, err := c.base.Extend(environment.VersionedOptions{
		IntroducedVersion: anyVersion,
		EnvOptions:        []celgo.EnvOption{celgo.Variable("variables", declared.CelType())},
		DeclTypes:         []*cel.DeclType{declared},
	})
	if err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	c.base, c.variables = base, &Variables{declared: declared}
	return c, nil
}

// anyVersion is that of what is there in every version of Kubernetes.
var anyVersion = version.MajorMinor(1, 0)

// Expression is an expression that has been compiled. It is safe for concurrent
// use.
type Expression struct {
	Text string
	// Type of the value; nil if the expression is broken.
	Type *celgo.Type
	// Problem is what is wrong with a broken one. It is of type
	// cel.ErrorTypeInvalid unless the fault is not the expression's.
	Problem *cel.Error

	program celgo.Program
}

// Compile compiles an expression whose value may have one of some types;
// cel.AnyType allows all.
func (c *Compiler) Compile(text string, declared Declared, allowed ...*celgo.Type) *Expression {
	x := &Expression{Text: text}
	x.Problem = c.compile(x, declared, allowed)
	return x
}

func (c *Compiler) compile(x *Expression, declared Declared, allowed []*celgo.Type) *cel.Error {
	env, err := c.environment(declared)
	if err != nil {
		return failure(cel.ErrorTypeInternal, "unexpected error loading CEL environment: %v", err)
	}
	ast, issues := env.Compile(x.Text)
	if issues != nil {
		return failure(cel.ErrorTypeInvalid, "compilation failed: %s", issues)
	}
	got := ast.OutputType()
	if !slices.ContainsFunc(allowed, func(t *celgo.Type) bool { return got.IsExactType(t) || celgo.AnyType.IsExactType(t) }) {
		if len(allowed) == 1 {
			return failure(cel.ErrorTypeInvalid, "must evaluate to %v but got %v", allowed[0], got)
		}
		return failure(cel.ErrorTypeInvalid, "must evaluate to one of %v but got %v", allowed, got)
	}
	program, err := env.Program(ast, celgo.InterruptCheckFrequency(celconfig.CheckFrequency))
	if err != nil {
		return failure(cel.ErrorTypeInternal, "program instantiation failed: %v", err)
	}
	x.Type, x.program = got, program
	return nil
}

// CompileVariable compiles the expression of a variable, which may have any
// value, and lets the expressions that follow name it, whether it is valid or
// not.
func (c *Compiler) CompileVariable(name, text string, declared Declared) *Expression {
	x := c.Compile(text, declared, celgo.AnyType, celgo.DynType)
	c.variables.add(name, x)
	return x
}

// Variables are those that have been compiled, for evaluating the expressions
// that name them; nil for a compiler that knows none.
func (c *Compiler) Variables() *Variables { return c.variables }

func failure(kind cel.ErrorType, format string, args ...any) *cel.Error {
	return &cel.Error{Type: kind, Detail: fmt.Sprintf(format, args...)}
}

// environment is what expressions may use. To make it takes a millisecond.
func (c *Compiler) environment(declared Declared) (*celgo.Env, error) {
	if env := c.environments[declared]; env != nil {
		return env, nil
	}
	request, namespace := requestType(), namespaceType()
	options := []celgo.EnvOption{
		celgo.Variable("object", celgo.DynType),
		celgo.Variable("oldObject", celgo.DynType),
		celgo.Variable("namespaceObject", namespace.CelType()),
		celgo.Variable("request", request.CelType()),
	}
	if declared.Params {
		options = append(options, celgo.Variable("params", celgo.DynType))
	}
	if declared.Authorizer {
		options = append(options,
			celgo.Variable("authorizer", library.AuthorizerType),
			celgo.Variable("authorizer.requestResource", library.ResourceCheckType))
	}
	set, err := c.base.Extend(
		environment.VersionedOptions{IntroducedVersion: anyVersion, EnvOptions: options, DeclTypes: []*cel.DeclType{namespace, request}},
		environment.StrictCostOpt)
	if err == nil && declared.Patches {
		// Apart: what resolves these types goes around what is there already.
		set, err = set.Extend(environment.VersionedOptions{IntroducedVersion: anyVersion, EnvOptions: []celgo.EnvOption{
			common.ResolverEnvOption(&mutation.DynamicTypeResolver{}),
			environment.UnversionedLib(library.JSONPatch),
		}})
	}
	if err != nil {
		return nil, err
	}
	c.environments[declared] = set.NewExpressionsEnv()
	return c.environments[declared], nil
}
