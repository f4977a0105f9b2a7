package expression

import (
	"fmt"

	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	"k8s.io/apiserver/pkg/cel"
)

// Input is what the expressions of one request name. What is nil is null, but
// for the authorizers, which are then not there at all.
type Input struct {
	Object, OldObject, Params, Request, Namespace ref.Val
	// Authorizer and RequestResource are authorizer and
	// authorizer.requestResource.
	Authorizer, RequestResource ref.Val
}

// WithoutAuthorizer is the same input for expressions that can't name the
// authorizer.
func (in Input) WithoutAuthorizer() Input {
	in.Authorizer, in.RequestResource = nil, nil
	return in
}

// Result is the value of an expression, or why it has none. Both are nil for an
// expression that is nil.
type Result struct {
	Value ref.Val
	Err   error
}

// Evaluate evaluates expressions in order, within a budget of CEL's units of
// cost. The error is that the budget is spent, after which nothing counts.
// Variables of which none are known may be nil.
func (v *Variables) Evaluate(list []*Expression, in Input, budget int64) (results []Result, left int64, err error) {
	a := &activation{Input: in}
	var spent int64
	if v != nil {
		a.variables = v.bind(a, &spent)
	}
	results = make([]Result, len(list))
	for i, x := range list {
		if x == nil {
			continue
		}
		var cost int64
		results[i], cost, err = x.evaluate(a)
		if err != nil {
			return nil, 0, err
		}
		if budget -= spent + cost; budget < 0 {
			return nil, 0, &cel.Error{Type: cel.ErrorTypeInvalid, Detail: outOfBudget, Cause: cel.ErrOutOfBudget}
		}
		spent = 0
	}
	return results, budget, nil
}

const (
	outOfBudget = "validation failed due to running out of cost budget, no further validation rules will be run"
	unknownCost = "runtime cost could not be calculated for expression: %v, no further expression will be run"
)

// evaluate evaluates one expression. The error is that its cost is not known.
func (x *Expression) evaluate(a *activation) (r Result, cost int64, err error) {
	if x.Problem != nil {
		return Result{Err: failure(cel.ErrorTypeInvalid, "compilation error: %v", x.Problem)}, 0, nil
	}
	value, details, failed := x.program.Eval(a)
	cost, known := costOf(details)
	if !known {
		return r, 0, &cel.Error{Type: cel.ErrorTypeInvalid, Detail: fmt.Sprintf(unknownCost, x.Text), Cause: cel.ErrOutOfBudget}
	}
	if failed != nil {
		return Result{Err: failure(cel.ErrorTypeInvalid, "expression '%v' resulted in error: %v", x.Text, failed)}, cost, nil
	}
	return Result{Value: value}, cost, nil
}

// activation gives CEL the values of names.
type activation struct {
	Input
	variables ref.Val
}

var _ interpreter.Activation = (*activation)(nil)

// Parent implements [interpreter.Activation].
func (*activation) Parent() interpreter.Activation { return nil }

// ResolveName implements [interpreter.Activation].
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case "object":
		return orNull(a.Object), true
	case "oldObject":
		return orNull(a.OldObject), true
	case "params":
		return orNull(a.Params), true
	case "request":
		return orNull(a.Request), true
	case "namespaceObject":
		return orNull(a.Namespace), true
	case "variables":
		return orNull(a.variables), true
	case "authorizer":
		return a.Authorizer, a.Authorizer != nil
	case "authorizer.requestResource":
		return a.RequestResource, a.RequestResource != nil
	}
	return nil, false
}
