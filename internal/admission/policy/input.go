package policy

import (
	"github.com/google/cel-go/common/types/ref"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/cel/library"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/expression"
)

// Inputs are what the expressions of a policy see of a request.
type Inputs struct {
	// Conditions is for matchConditions, which see no namespace, and the resource
	// that the request asks for even where the policy is about another version.
	Conditions expression.Input
	// Rules is for all others.
	Rules expression.Input
}

// WithParams are the inputs with parameters; nil: none.
func (in Inputs) WithParams(params runtime.Object) (Inputs, error) {
	value, err := valueOf(params)
	in.Conditions.Params, in.Rules.Params = value, value
	return in, err
}

// Inputs are what the expressions of a policy see of a request that it matches
// as a target, but for the parameters.
func (c Matcher) Inputs(r *Request, t Target, authorizer authorization.Authorizer) (in Inputs, err error) {
	written, err := r.Written(t)
	if err != nil {
		return in, err
	}
	before, err := r.Before(t)
	if err != nil {
		return in, err
	}
	ns, err := c.namespaceOf(r)
	if err != nil {
		return in, err
	}
	request, err := valueOf(r.Describe(t))
	if err != nil {
		return in, err
	}
	user, asker := userOf(r.User), asker{authorizer}
	shared := expression.Input{
		Request:         request,
		Authorizer:      library.NewAuthorizerVal(user, asker),
		RequestResource: library.NewResourceAuthorizerVal(user, asker, checked{r}),
	}
	if shared.Object, err = valueOf(written); err != nil {
		return in, err
	}
	if shared.OldObject, err = valueOf(before); err != nil {
		return in, err
	}
	in = Inputs{Conditions: shared, Rules: shared}
	if in.Conditions.Request, err = valueOf(r.Describe(Target{r.Asked.Resource, t.Kind})); err != nil {
		return in, err
	}
	in.Rules.Namespace, err = valueOf(namespaceShown(ns))
	return in, err
}

// valueOf is the value of an object; nil of none.
func valueOf(obj any) (ref.Val, error) {
	if obj == nil || obj == (*corev1.Namespace)(nil) {
		return nil, nil
	}
	return expression.ValueOf(obj)
}

// namespaceOf is the namespace that a request's object is in; nil: in none.
func (c Matcher) namespaceOf(r *Request) (*corev1.Namespace, error) {
	if r.Namespace == "" || r.forNamespace() {
		return nil, nil
	}
	return c.namespace(r.Namespace)
}
