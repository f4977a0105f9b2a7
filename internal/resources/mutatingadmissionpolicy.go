package resources

import (
	"strings"
	"time"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
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
		Validate:                  unreserved(validateMutatingPolicy),
		ValidateUpdate:            func(p, _ mapolicy) field.ErrorList { return validateMutatingPolicy(p) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
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
	shared := policy{s.FailurePolicy, s.ParamKind, s.MatchConstraints, s.MatchConditions, s.Variables, true}
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
	var errs field.ErrorList
	switch m.PatchType {
	case "":
		errs = append(errs, field.Required(path.Child("patchType"), ""))
	case admissionv1.PatchTypeJSONPatch:
		if m.JSONPatch == nil {
			errs = append(errs, field.Required(patch, "must be specified when patchType is JSONPatch"))
		} else {
			errs = append(errs, checkMutation(x, patch.Child("expression"), m.JSONPatch.Expression, celgo.ListType(celgo.ObjectType("JSONPatch")))...)
		}
		if m.ApplyConfiguration != nil {
			errs = append(errs, field.Invalid(apply, "{applyConfiguration}", "must not be specified when patchType is JSONPatch"))
		}
	case admissionv1.PatchTypeApplyConfiguration:
		if m.ApplyConfiguration == nil {
			errs = append(errs, field.Required(apply, "must be specified when patchType is ApplyConfiguration"))
		} else {
			errs = append(errs, checkMutation(x, apply.Child("expression"), m.ApplyConfiguration.Expression, celgo.ObjectType("Object"))...)
		}
		if m.JSONPatch != nil {
			errs = append(errs, field.Invalid(patch, "{jsonPatch}", "must not be specified when patchType is ApplyConfiguration"))
		}
	default:
		errs = append(errs, field.NotSupported(path.Child("patchType"), m.PatchType,
			[]admissionv1.PatchType{admissionv1.PatchTypeApplyConfiguration, admissionv1.PatchTypeJSONPatch}))
	}
	return errs
}

func checkMutation(x *expressions, path *field.Path, text string, kind *celgo.Type) field.ErrorList {
	if text = strings.TrimSpace(text); text == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return x.check(path, text, kind)
}
