package policy

import (
	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/api/admissionregistration/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/kubejig/kubejig/internal/expression"
)

// CompileConditions compiles the conditions under which a policy is asked.
func CompileConditions(c *expression.Compiler, conditions []v1.MatchCondition, declared expression.Declared) []*expression.Expression {
	compiled := make([]*expression.Expression, len(conditions))
	for i, condition := range conditions {
		compiled[i] = c.Compile(condition.Expression, declared, celgo.BoolType)
	}
	return compiled
}

// Hold reports whether all of some conditions hold. That one does not counts,
// whatever is wrong with others; what is wrong is no error to a policy that
// ignores failures.
func Hold(conditions []*expression.Expression, variables *expression.Variables, in expression.Input, failure v1.FailurePolicyType) (bool, error) {
	results, _, err := variables.Evaluate(conditions, in, celconfig.RuntimeCELCostBudgetMatchConditions)
	var problems []error
	for _, r := range results {
		if r.Value == types.False {
			return false, nil
		}
		if r.Err != nil {
			problems = append(problems, r.Err)
		}
	}
	if err == nil && len(problems) > 0 {
		err = utilerrors.NewAggregate(problems)
	}
	if failure == v1.Ignore {
		return err == nil, nil
	}
	return err == nil, err
}
