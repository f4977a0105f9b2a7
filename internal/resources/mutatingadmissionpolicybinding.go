package resources

import (
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func mutatingAdmissionPolicyBinding() *Kind {
	type binding = *admissionv1.MutatingAdmissionPolicyBinding
	validate := func(b binding) field.ErrorList {
		errs := validatePolicyBinding(b.Spec.PolicyName, b.Spec.ParamRef, b.Spec.MatchResources)
		return append(errs, validateMutated(b.Spec.MatchResources, field.NewPath("spec", "matchResources"))...)
	}
	return define(Definition[binding]{
		Name: "MutatingAdmissionPolicyBinding", Resource: "mutatingadmissionpolicybindings",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version:                   admissionv1.SchemeGroupVersion,
		Default:                   func(b binding) { defaultMatchResources(b.Spec.MatchResources) },
		Spec:                      func(b binding) any { return b.Spec },
		Validate:                  unreserved(validate),
		ValidateUpdate:            func(b, _ binding) field.ErrorList { return validate(b) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns:                   policyBindingColumns(),
		Row: func(b binding, now time.Time) []any {
			return []any{b.Name, b.Spec.PolicyName, paramRefCell(b.Spec.ParamRef), Age(b.CreationTimestamp, now)}
		},
	})
}
