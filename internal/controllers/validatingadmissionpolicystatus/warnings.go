package validatingadmissionpolicystatus

import (
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/expression"
)

// kindChecker checks expressions against the types of one kind.
type kindChecker struct {
	kind schema.GroupVersionKind
	*expression.TypeChecker
}

// warnings are what is wrong with the expressions of a policy's validations, as
// its status tells of them.
func (t typeResolver) warnings(policy *admissionv1.ValidatingAdmissionPolicy) []any {
	checkers := t.checkers(policy)
	var warnings []any
	check := func(path *field.Path, text string) {
		if warning := warningOf(checkers, text); text != "" && warning != "" {
			warnings = append(warnings, map[string]any{"fieldRef": path.String(), "warning": warning})
		}
	}
	for i, v := range policy.Spec.Validations {
		path := field.NewPath("spec", "validations").Index(i)
		check(path.Child("expression"), v.Expression)
		check(path.Child("messageExpression"), v.MessageExpression)
	}
	return warnings
}

// checkers are those of the kinds that a policy is about. Kinds of which no
// types are known are left out.
func (t typeResolver) checkers(policy *admissionv1.ValidatingAdmissionPolicy) []kindChecker {
	types := expression.Types{HasParams: policy.Spec.ParamKind != nil}
	if types.HasParams {
		params := schema.FromAPIVersionAndKind(policy.Spec.ParamKind.APIVersion, policy.Spec.ParamKind.Kind)
		types.Params, _ = t.typeOf(params, 0)
	}
	var checkers []kindChecker
	for i, kind := range t.matched(policy.Spec.MatchConstraints) {
		object, known := t.typeOf(kind, i+1)
		if !known {
			continue
		}
		types.Object = object
		if checker, err := expression.NewTypeChecker(types, policy.Spec.Variables); err == nil {
			checkers = append(checkers, kindChecker{kind, checker})
		}
	}
	return checkers
}

// warningOf says for each kind what is wrong with an expression; "": nothing.
func warningOf(checkers []kindChecker, text string) string {
	var problems []string
	for _, c := range checkers {
		if problem := c.Check(text); problem != "" {
			problems = append(problems, fmt.Sprintf("%v: %s\n", c.kind, problem))
		}
	}
	return strings.Join(problems, "\n")
}
