package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

// Limits of audit annotations; of expressions in bytes.
const (
	maxAuditAnnotations = 20
	maxAuditExpression  = 5 << 10
)

func validatingAdmissionPolicy() *Kind {
	type vap = *admissionv1.ValidatingAdmissionPolicy
	return define(Definition[vap]{
		Name: "ValidatingAdmissionPolicy", Resource: "validatingadmissionpolicies",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version: admissionv1.SchemeGroupVersion,
		Default: func(p vap) {
			setDefault(&p.Spec.FailurePolicy, admissionv1.Fail)
			defaultMatchResources(p.Spec.MatchConstraints)
		},
		Spec:                      func(p vap) any { return p.Spec },
		Validate:                  unreserved(validateValidatingPolicy),
		ValidateUpdate:            func(p, _ vap) field.ErrorList { return validateValidatingPolicy(p) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Status: &Status[vap]{
			Copy:     func(to, from vap) { to.Status = *from.Status.DeepCopy() },
			Keep:     keepMetadata[vap],
			Resets:   [][]string{{"metadata"}},
			Validate: func(p, _ vap) field.ErrorList { return validateTypeChecking(p) },
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Validations", "Validations indicates the number of validation rules defined in this configuration")),
			Column("ParamKind", "ParamKind specifies the kind of resources used to parameterize this policy"),
			AgeColumn(),
		},
		Row: func(p vap, now time.Time) []any {
			return []any{p.Name, int64(len(p.Spec.Validations)), paramKindCell(p.Spec.ParamKind), Age(p.CreationTimestamp, now)}
		},
	})
}

func validateValidatingPolicy(p *admissionv1.ValidatingAdmissionPolicy) field.ErrorList {
	path, s := field.NewPath("spec"), &p.Spec
	shared := policy{s.FailurePolicy, s.ParamKind, s.MatchConstraints, s.MatchConditions, s.Variables, false}
	return shared.validate(path, func(x *expressions) field.ErrorList {
		validations, annotations := path.Child("validations"), path.Child("auditAnnotations")
		if len(s.Validations) == 0 && len(s.AuditAnnotations) == 0 {
			const nothing = "validations or auditAnnotations must contain at least one item"
			return field.ErrorList{field.Required(validations, nothing), field.Required(annotations, nothing)}
		}
		var errs field.ErrorList
		for i := range s.Validations {
			errs = append(errs, validateValidation(x, &s.Validations[i], validations.Index(i))...)
		}
		return append(errs, validateAuditAnnotations(x, p.Name, s.AuditAnnotations, annotations)...)
	})
}

func validateValidation(x *expressions, v *admissionv1.Validation, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if strings.TrimSpace(v.Expression) == "" {
		errs = append(errs, field.Required(path.Child("expression"), "expression is not specified"))
	} else {
		errs = append(errs, x.check(path.Child("expression"), v.Expression, celgo.BoolType)...)
	}
	if strings.TrimSpace(v.MessageExpression) != "" {
		declared := x.declared
		declared.Authorizer = false
		errs = append(errs, x.checkWith(declared, path.Child("messageExpression"), v.MessageExpression, celgo.StringType)...)
	} else if v.MessageExpression != "" {
		errs = append(errs, field.Invalid(path.Child("messageExpression"), v.MessageExpression, "must be non-empty if specified"))
	}
	switch message := strings.TrimSpace(v.Message); {
	case v.Message != "" && message == "":
		errs = append(errs, field.Invalid(path.Child("message"), v.Message, "message must be non-empty if specified"))
	case strings.ContainsAny(message, "\r\n"):
		errs = append(errs, field.Invalid(path.Child("message"), v.Message, "must not contain line breaks"))
	}
	if v.Reason != nil {
		errs = append(errs, validateOneOf(path.Child("reason"), *v.Reason,
			metav1.StatusReasonForbidden, metav1.StatusReasonInvalid, metav1.StatusReasonRequestEntityTooLarge)...)
	}
	return errs
}

func validateAuditAnnotations(x *expressions, name string, annotations []admissionv1.AuditAnnotation, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(annotations) > maxAuditAnnotations {
		errs = append(errs, field.Invalid(path, internalform.Of(annotations), fmt.Sprintf("must not have more than %d auditAnnotations", maxAuditAnnotations)))
	}
	var keys []string
	for i, a := range annotations {
		p := path.Index(i)
		if name == "" {
			errs = append(errs, field.Invalid(p.Child("key"), a.Key, "requires metadata.name be non-empty"))
		} else {
			errs = append(errs, validateAs(p.Child("key"), name+"/"+a.Key, validation.IsQualifiedName)...)
		}
		switch text := strings.TrimSpace(a.ValueExpression); {
		case text == "":
			errs = append(errs, field.Required(p.Child("valueExpression"), "valueExpression is not specified"))
		case len(text) > maxAuditExpression:
			errs = append(errs, field.Required(p.Child("valueExpression"), fmt.Sprintf("must not exceed %d bytes in length", maxAuditExpression)))
		default:
			errs = append(errs, x.check(p.Child("valueExpression"), text, celgo.StringType, celgo.NullType)...)
		}
		if slices.Contains(keys, a.Key) {
			errs = append(errs, field.Duplicate(p.Child("key"), a.Key))
		}
		keys = append(keys, a.Key)
	}
	return errs
}

func validateTypeChecking(p *admissionv1.ValidatingAdmissionPolicy) field.ErrorList {
	var errs field.ErrorList
	if p.Status.TypeChecking != nil {
		path := field.NewPath("status", "typeChecking", "expressionWarnings")
		for i, w := range p.Status.TypeChecking.ExpressionWarnings {
			errs = append(errs, validatePresent(path.Index(i).Child("warning"), w.Warning)...)
			errs = append(errs, validatePresent(path.Index(i).Child("fieldRef"), strings.TrimSpace(w.FieldRef))...)
		}
	}
	return append(errs, metavalidation.ValidateConditions(p.Status.Conditions, field.NewPath("status", "conditions"))...)
}
