package mutatingadmissionpolicy

import (
	celgo "github.com/google/cel-go/cel"
	"k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/cel/mutation"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/expression"
)

// compiled is a policy whose expressions have been compiled.
type compiled struct {
	spec    *v1.MutatingAdmissionPolicySpec
	failure v1.FailurePolicyType
	err     error

	variables             *expression.Variables
	conditions, mutations []*expression.Expression
}

func compile(spec *v1.MutatingAdmissionPolicySpec) *compiled {
	c := &compiled{spec: spec, failure: ptr.Deref(spec.FailurePolicy, v1.Fail)}
	compiler, err := expression.NewComposing()
	if err != nil {
		c.err = err
		return c
	}
	declared := expression.Declared{Params: spec.ParamKind != nil, Authorizer: true}
	for _, v := range spec.Variables {
		compiler.CompileVariable(v.Name, v.Expression, declared)
	}
	c.variables = compiler.Variables()
	c.conditions = policy.CompileConditions(compiler, spec.MatchConditions, declared)
	declared.Patches = true
	for _, m := range spec.Mutations {
		text, result := "", celgo.ObjectType(mutation.ObjectTypeName)
		if m.PatchType == v1.PatchTypeJSONPatch {
			text, result = m.JSONPatch.Expression, celgo.ListType(celgo.ObjectType(mutation.JSONPatchTypeName))
		} else {
			text = m.ApplyConfiguration.Expression
		}
		c.mutations = append(c.mutations, compiler.Compile(text, declared, result))
	}
	return c
}
