package resources

import (
	"errors"
	"fmt"
	"strings"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel"

	"github.com/kubejig/kubejig/internal/expression"
)

// maxMatchConditions is the largest number of conditions of a webhook or a
// policy.
const maxMatchConditions = 64

// expressions compiles the expressions of one object. Each may use the
// variables that have been compiled before it.
type expressions struct {
	compiler *expression.Compiler
	declared expression.Declared
}

func newExpressions(compiler *expression.Compiler, params *admissionv1.ParamKind) *expressions {
	return &expressions{compiler, expression.Declared{Params: params != nil, Authorizer: true}}
}

// check compiles an expression.
func (x *expressions) check(path *field.Path, text string, types ...*celgo.Type) field.ErrorList {
	return x.checkWith(x.declared, path, text, types...)
}

func (x *expressions) checkWith(declared expression.Declared, path *field.Path, text string, types ...*celgo.Type) field.ErrorList {
	return compileErrors(path, text, x.compiler.Compile(text, declared, types...).Problem)
}

// compileErrors is what the compiler says about an expression.
func compileErrors(path *field.Path, text string, err *cel.Error) field.ErrorList {
	switch {
	case err == nil:
		return nil
	case err.Type == cel.ErrorTypeInvalid:
		return field.ErrorList{field.Invalid(path, text, err.Detail)}
	}
	return field.ErrorList{field.InternalError(path, err)}
}

// checkVariables compiles variables, for the expressions that follow.
func (x *expressions) checkVariables(variables []admissionv1.Variable, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, v := range variables {
		p := path.Index(i)
		if strings.TrimSpace(v.Name) == "" {
			errs = append(errs, field.Required(p.Child("name"), "name is not specified"))
		} else if !isCELIdentifier(v.Name) {
			errs = append(errs, field.Invalid(p.Child("name"), v.Name, "must be a valid CEL identifier"))
		}
		if strings.TrimSpace(v.Expression) == "" {
			errs = append(errs, field.Required(p.Child("expression"), "expression is not specified"))
			continue
		}
		compiled := x.compiler.CompileVariable(v.Name, v.Expression, x.declared)
		errs = append(errs, compileErrors(p.Child("expression"), v.Expression, compiled.Problem)...)
	}
	return errs
}

// celReserved are the words that name no variable.
const celReserved = " true false null in as break const continue else for function if import let loop package namespace return var void while "

func isCELIdentifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || (r|0x20) >= 'a' && (r|0x20) <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && !strings.Contains(celReserved, " "+name+" ")
}

// validateMatchConditions checks the conditions under which a webhook or a
// policy is asked.
func validateMatchConditions(conditions []admissionv1.MatchCondition, params *admissionv1.ParamKind, path *field.Path) field.ErrorList {
	if len(conditions) == 0 {
		return nil
	}
	x := newExpressions(expression.NewCompiler(), params)
	var errs field.ErrorList
	if len(conditions) > maxMatchConditions {
		errs = append(errs, field.TooMany(path, len(conditions), maxMatchConditions))
	}
	names := map[string]bool{}
	for i, c := range conditions {
		p := path.Index(i)
		if text := strings.TrimSpace(c.Expression); text == "" {
			errs = append(errs, field.Required(p.Child("expression"), ""))
		} else {
			errs = append(errs, x.check(p.Child("expression"), text, celgo.BoolType)...)
		}
		if c.Name == "" {
			errs = append(errs, field.Required(p.Child("name"), ""))
			continue
		}
		errs = append(errs, validateAs(p.Child("name"), c.Name, validation.IsQualifiedName)...)
		if names[c.Name] {
			errs = append(errs, field.Duplicate(p.Child("name"), c.Name))
		}
		names[c.Name] = true
	}
	return errs
}

// policy is what validating and mutating policies have in common.
type policy struct {
	failurePolicy *admissionv1.FailurePolicyType
	params        *admissionv1.ParamKind
	match         *admissionv1.MatchResources
	conditions    []admissionv1.MatchCondition
	variables     []admissionv1.Variable
	mutates       bool
}

// compiler is that of a policy's expressions. Those of a validating one can name
// variables only if it has any.
func (p policy) compiler() (*expression.Compiler, error) {
	if p.mutates || len(p.variables) > 0 {
		return expression.NewComposing()
	}
	return expression.NewCompiler(), nil
}

// validate checks a policy and hands its expressions to rest, which checks the
// others.
func (p policy) validate(path *field.Path, rest func(*expressions) field.ErrorList) field.ErrorList {
	errs := validateFailurePolicy(p.failurePolicy, path)
	if p.failurePolicy == nil {
		errs = append(errs, field.Required(path.Child("failurePolicy"), ""))
	}
	if p.params != nil {
		errs = append(errs, validateParamKind(p.params, path.Child("paramKind"))...)
	}
	constraints := path.Child("matchConstraints")
	if p.match == nil {
		errs = append(errs, field.Required(constraints, ""))
	} else {
		errs = append(errs, validateMatchResources(p.match, constraints)...)
		errs = append(errs, validateNotEmpty(constraints.Child("resourceRules"), p.match.ResourceRules)...)
		if p.mutates {
			errs = append(errs, validateMutated(p.match, constraints)...)
		}
	}
	errs = append(errs, validateMatchConditions(p.conditions, p.params, path.Child("matchConditions"))...)
	compiler, err := p.compiler()
	if err != nil {
		return append(errs, field.InternalError(path, errors.Join(fmt.Errorf("make a CEL environment"), err)))
	}
	x := newExpressions(compiler, p.params)
	errs = append(errs, x.checkVariables(p.variables, path.Child("variables"))...)
	return append(errs, rest(x)...)
}
