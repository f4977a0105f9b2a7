package resources

import (
	"strings"
	"time"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

func mutatingAdmissionPolicy() *Kind {
	type mapolicy = *admissionv1.MutatingAdmissionPolicy
	return define(Definition[mapolicy]{
		Name: "MutatingAdmissionPolicy", Resource: "mutatingadmissionpolicies",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version: admissionv1.SchemeGroupVersion,
		Default: func(p mapolicy) {
			setDefault(&p.Spec.FailurePolicy, admissionv1.Fail)
			defaultMatchResources(p.Spec.MatchConstraints)
		},
		Spec:                      func(p mapolicy) any { return p.Spec },
		Validate:                  validateMutatingPolicy,
		ValidateUpdate:            func(p, _ mapolicy) field.ErrorList { return validateMutatingPolicy(p) },
		RefuseUnconditionalUpdate: true,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Mutations", "Mutation indicates the number of mutations rules defined in this configuration")),
			Column("ParamKind", "ParamKind specifies the kind of resources used to parameterize this policy"),
			AgeColumn(),
		},
		Row: func(p mapolicy, now time.Time) []any {
			return []any{p.Name, int64(len(p.Spec.Mutations)), paramKindCell(p.Spec.ParamKind), Age(p.CreationTimestamp, now)}
		},
	})
}

func validateMutatingPolicy(p *admissionv1.MutatingAdmissionPolicy) field.ErrorList {
	path, s := field.NewPath("spec"), &p.Spec
	shared := policy{s.FailurePolicy, s.ParamKind, s.MatchConstraints, s.MatchConditions, s.Variables}
	return shared.validate(path, func(x *expressions) field.ErrorList {
		var errs field.ErrorList
		if len(s.Mutations) == 0 {
			errs = append(errs, field.Required(path.Child("mutations"), "mutations must contain at least one item"))
		}
		x.declared.Patches = true
		for i := range s.Mutations {
			errs = append(errs, validateMutation(x, &s.Mutations[i], path.Child("mutations").Index(i))...)
		}
		if s.ReinvocationPolicy == "" {
			return append(errs, field.Required(path.Child("reinvocationPolicy"), ""))
		}
		return append(errs, validateReinvocation(path.Child("reinvocationPolicy"), s.ReinvocationPolicy)...)
	})
}

// validateMutation wants the patch of its type, and no other.
func validateMutation(x *expressions, m *admissionv1.Mutation, path *field.Path) field.ErrorList {
	patch, apply := path.Child("jsonPatch"), path.Child("applyConfiguration")
	switch m.PatchType {
	case "":
		return field.ErrorList{field.Required(path.Child("patchType"), "")}
	case admissionv1.PatchTypeJSONPatch:
		if m.ApplyConfiguration != nil {
			return field.ErrorList{field.Invalid(apply, internalform.Of(m.ApplyConfiguration), "must not be specified when patchType is JSONPatch")}
		}
		if m.JSONPatch == nil {
			return field.ErrorList{field.Required(patch, "must be specified when patchType is JSONPatch")}
		}
		return checkMutation(x, patch.Child("expression"), m.JSONPatch.Expression, celgo.ListType(celgo.ObjectType("JSONPatch")))
	case admissionv1.PatchTypeApplyConfiguration:
		if m.JSONPatch != nil {
			return field.ErrorList{field.Invalid(patch, internalform.Of(m.JSONPatch), "must not be specified when patchType is ApplyConfiguration")}
		}
		if m.ApplyConfiguration == nil {
			return field.ErrorList{field.Required(apply, "must be specified when patchType is ApplyConfiguration")}
		}
		return checkMutation(x, apply.Child("expression"), m.ApplyConfiguration.Expression, celgo.ObjectType("Object"))
	}
	return validateOneOf(path.Child("patchType"), m.PatchType, admissionv1.PatchTypeApplyConfiguration, admissionv1.PatchTypeJSONPatch)
}

func checkMutation(x *expressions, path *field.Path, text string, kind *celgo.Type) field.ErrorList {
	if strings.TrimSpace(text) == "" {
		return field.ErrorList{field.Required(path, "expression is not specified")}
	}
	return x.check(path, text, kind)
}
