package expression

import (
	"math"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/lazy"
)

// Variables are expressions that others name as variables.NAME.
type Variables struct {
	declared *cel.DeclType
	names    []string
	compiled []*Expression
}

// declare lets expressions name a variable of a type; nil: it may be anything.
func (v *Variables) declare(name string, t *celgo.Type) {
	v.declared.Fields[name] = cel.NewDeclField(name, declTypeOf(t), true, nil, nil)
}

func (v *Variables) add(name string, x *Expression) {
	v.declare(name, x.Type)
	v.names, v.compiled = append(v.names, name), append(v.compiled, x)
}

// bind is the value of variables in an activation: each is evaluated when it is
// first named, and what that cost is added to spent.
func (v *Variables) bind(a *activation, spent *int64) ref.Val {
	values := lazy.NewMapValue(v.declared)
	for i, name := range v.names {
		x := v.compiled[i]
		values.Append(name, func(*lazy.MapValue) ref.Val {
			value, cost := x.variable(name, a)
			*spent += cost
			return value
		})
	}
	return values
}

// variable is the value of an expression as a variable of a name.
func (x *Expression) variable(name string, a *activation) (value ref.Val, cost int64) {
	if x.Problem != nil {
		return types.NewErr("composited variable %q fails to compile: %v", name, x.Problem), 0
	}
	value, details, err := x.program.Eval(a)
	cost, known := costOf(details)
	switch {
	case !known:
		return types.NewErr("unable to calculate cost of variable %q", name), 0
	case err != nil:
		return types.NewErr("composited variable %q fails to evaluate: %v", name, err), cost
	}
	return value, cost
}

// costOf is what an evaluation has cost, if that is known.
func costOf(details *celgo.EvalDetails) (cost int64, known bool) {
	if details == nil || details.ActualCost() == nil {
		return 0, false
	}
	return int64(min(*details.ActualCost(), math.MaxInt64)), true
}
