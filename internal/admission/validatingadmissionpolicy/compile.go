package validatingadmissionpolicy

import (
	celgo "github.com/google/cel-go/cel"
	"k8s.io/api/admissionregistration/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/expression"
)

// compiled is a policy whose expressions have been compiled. A validation
// without a message expression has nil in its place.
type compiled struct {
	spec    *v1.ValidatingAdmissionPolicySpec
	failure v1.FailurePolicyType
	err     error

	variables                                      *expression.Variables
	conditions, validations, messages, annotations []*expression.Expression
}

func compile(spec *v1.ValidatingAdmissionPolicySpec) *compiled {
	c := &compiled{spec: spec, failure: ptr.Deref(spec.FailurePolicy, v1.Fail)}
	compiler, err := expression.NewComposing()
	if err != nil {
		c.err = err
		return c
	}
	plain := expression.Declared{Params: spec.ParamKind != nil}
	declared := plain
	declared.Authorizer = true
	for _, v := range spec.Variables {
		compiler.CompileVariable(v.Name, v.Expression, declared)
	}
	c.variables = compiler.Variables()
	c.conditions = policy.CompileConditions(compiler, spec.MatchConditions, declared)
	for _, v := range spec.Validations {
		c.validations = append(c.validations, compiler.Compile(v.Expression, declared, celgo.BoolType))
		var message *expression.Expression
		if v.MessageExpression != "" {
			message = compiler.Compile(v.MessageExpression, plain, celgo.StringType)
		}
		c.messages = append(c.messages, message)
	}
	for _, a := range spec.AuditAnnotations {
		c.annotations = append(c.annotations, compiler.Compile(a.ValueExpression, declared, celgo.StringType, celgo.NullType))
	}
	return c
}
