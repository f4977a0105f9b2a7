package definition

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/kubejig/kubejig/internal/pattern"
)

const rulesWord = "x-kubernetes-validations"

// reasons are what a rule may give as the reason of its error.
var reasons = []string{
	string(apiextensions.FieldValueDuplicate), string(apiextensions.FieldValueForbidden),
	string(apiextensions.FieldValueInvalid), string(apiextensions.FieldValueRequired),
}

// validateRules checks all of a node's rules but their expressions.
func validateRules(s schema, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range s.XValidations {
		rule := &s.XValidations[i]
		at := path.Child(rulesWord).Index(i)
		errs = append(errs, validateRuleText(rule, at)...)
		if rule.MessageExpression != "" && strings.TrimSpace(rule.MessageExpression) == "" {
			errs = append(errs, field.Required(at.Child("messageExpression"), "messageExpression must be non-empty if specified"))
		}
		if rule.Reason != nil && !slices.Contains(reasons, string(*rule.Reason)) {
			errs = append(errs, field.NotSupported(at.Child("reason"), *rule.Reason, reasons))
		}
		if rule.FieldPath != "" {
			errs = append(errs, validateFieldPath(rule.FieldPath, s, at.Child("fieldPath"))...)
		}
	}
	return errs
}

// validateRuleText reports the first thing that is wrong with a rule and its
// message.
func validateRuleText(rule *apiextensions.ValidationRule, path *field.Path) field.ErrorList {
	text, message := strings.TrimSpace(rule.Rule), strings.TrimSpace(rule.Message)
	switch {
	case text == "":
		return field.ErrorList{field.Required(path.Child("rule"), "rule is not specified")}
	case rule.Message != "" && message == "":
		return field.ErrorList{field.Invalid(path.Child("message"), rule.Message, "must be non-empty if specified")}
	case hasLineBreak(message):
		return field.ErrorList{field.Invalid(path.Child("message"), rule.Message, "must not contain line breaks")}
	case hasLineBreak(text) && message == "":
		return field.ErrorList{field.Required(path.Child("message"), "message must be specified if rule contains line breaks")}
	}
	return nil
}

// validateFieldPath checks which field a rule's error is about. Schemas that
// are not structural can't be searched.
func validateFieldPath(fieldPath string, s schema, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if strings.TrimSpace(fieldPath) == "" {
		errs = append(errs, field.Invalid(path, fieldPath, "must be non-empty if specified"))
	}
	if hasLineBreak(fieldPath) {
		errs = append(errs, field.Invalid(path, fieldPath, "must not contain line breaks"))
	}
	form, err := structuralschema.NewStructural(s)
	if err != nil {
		return errs
	}
	if _, _, err := cel.ValidFieldPath(fieldPath, form); err != nil {
		errs = append(errs, field.Invalid(path, fieldPath, "must be a valid path"))
	}
	return errs
}

func hasLineBreak(text string) bool { return strings.ContainsAny(text, "\r\n") }

// selfType is the name of the type of self, as compilers of different moments
// write it: messages here are the same in every run.
var selfType = pattern.Lazy(`selfType\d+`)

// compileRules compiles the rules of a node and estimates what they cost.
func (p place) compileRules(s schema, l leniency) field.ErrorList {
	path := p.path.Child(rulesWord)
	known, err := p.scope.types()
	if err != nil {
		return field.ErrorList{field.InternalError(path, fmt.Errorf("internal error: failed to construct type information for x-kubernetes-validations rules: %w", err))}
	}
	compiled, err := cel.Compile(known.schema, known.declared, celconfig.PerCallLimit,
		environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()), l.stored)
	if err != nil {
		return field.ErrorList{field.InternalError(path, err)}
	}
	var errs field.ErrorList
	for i := range compiled {
		for _, err := range []*apiservercel.Error{compiled[i].Error, compiled[i].MessageExpressionError} {
			if err != nil {
				err.Detail = selfType().ReplaceAllString(err.Detail, "selfType")
			}
		}
		errs = append(errs, p.checkRule(&s.XValidations[i], &compiled[i], path.Index(i), l)...)
	}
	return errs
}

// checkRule says what came of compiling a rule.
func (p place) checkRule(rule *apiextensions.ValidationRule, compiled *cel.CompilationResult, path *field.Path, l leniency) field.ErrorList {
	errs := p.scope.charge(path.Child("rule"), "rule", p.scope.ruleCost(compiled), l)
	switch err := compiled.Error; {
	case err == nil:
	case err.Type == apiservercel.ErrorTypeRequired:
		errs = append(errs, field.Required(path.Child("rule"), err.Detail))
	default:
		errs = append(errs, field.Invalid(path.Child("rule"), *rule, err.Detail))
	}
	if err := compiled.MessageExpressionError; err != nil {
		errs = append(errs, field.Invalid(path.Child("messageExpression"), *rule, err.Detail))
	} else if compiled.MessageExpression != nil {
		errs = append(errs, p.scope.charge(path.Child("messageExpression"), "messageExpression", compiled.MessageExpressionMaxCost, l)...)
	}
	switch {
	case compiled.UsesOldSelf && p.uncorrelated != nil:
		errs = append(errs, field.Invalid(path.Child("rule"), rule.Rule, fmt.Sprintf("oldSelf cannot be used on the uncorrelatable portion of the schema within %v", p.uncorrelated)))
	case !compiled.UsesOldSelf && rule.OptionalOldSelf != nil:
		errs = append(errs, field.Invalid(path.Child("optionalOldSelf"), *rule.OptionalOldSelf, "may not be set if oldSelf is not used in rule"))
	}
	return errs
}
