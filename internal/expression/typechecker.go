package expression

import (
	"fmt"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// Types are those of what a policy's expressions name, nil where any will do.
type Types struct {
	Object    *cel.DeclType // object and oldObject
	Params    *cel.DeclType
	HasParams bool // params may be named
}

// TypeChecker finds what expressions do that the types of their objects do not
// allow. It is not safe for concurrent use.
type TypeChecker struct {
	env *celgo.Env
}

// NewTypeChecker returns a checker of expressions that may name some variables.
// Each of these may name those before it; a broken one may be anything.
func NewTypeChecker(types Types, variables []admissionv1.Variable) (*TypeChecker, error) {
	c, err := NewComposing()
	if err != nil {
		return nil, err
	}
	request, namespace := requestType(), namespaceType()
	declared := []*cel.DeclType{namespace, request}
	typeOf := func(t *cel.DeclType) *celgo.Type {
		if t == nil {
			return celgo.DynType
		}
		declared = append(declared, t)
		return t.CelType()
	}
	object := typeOf(types.Object)
	options := []celgo.EnvOption{
		celgo.Variable("namespaceObject", namespace.CelType()),
		celgo.Variable("request", request.CelType()),
		celgo.Variable("object", object),
		celgo.Variable("oldObject", object),
		celgo.Variable("authorizer", library.AuthorizerType),
	}
	if types.HasParams {
		options = append(options, celgo.Variable("params", typeOf(types.Params)))
	}
	set, err := c.base.Extend(environment.VersionedOptions{IntroducedVersion: anyVersion, EnvOptions: options, DeclTypes: declared})
	if err != nil {
		return nil, fmt.Errorf("declare types: %w", err)
	}
	checker := &TypeChecker{env: set.StoredExpressionsEnv()}
	for _, v := range variables {
		var got *celgo.Type
		if ast, issues := checker.env.Compile(v.Expression); issues == nil {
			got = ast.OutputType()
		}
		c.variables.declare(v.Name, got)
	}
	return checker, nil
}

// Check returns what is wrong with an expression, in the words of CEL; "":
// nothing is.
func (c *TypeChecker) Check(text string) string {
	if _, issues := c.env.Compile(text); issues != nil {
		return issues.String()
	}
	return ""
}
