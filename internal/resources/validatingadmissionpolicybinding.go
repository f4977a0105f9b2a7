package resources

import (
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validatingAdmissionPolicyBinding() *Kind {
	type binding = *admissionv1.ValidatingAdmissionPolicyBinding
	return define(Definition[binding]{
		Name: "ValidatingAdmissionPolicyBinding", Resource: "validatingadmissionpolicybindings",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version:                   admissionv1.SchemeGroupVersion,
		Default:                   func(b binding) { defaultMatchResources(b.Spec.MatchResources) },
		Spec:                      func(b binding) any { return b.Spec },
		Validate:                  unreserved(validateValidatingPolicyBinding),
		ValidateUpdate:            func(b, _ binding) field.ErrorList { return validateValidatingPolicyBinding(b) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns:                   policyBindingColumns(),
		Row: func(b binding, now time.Time) []any {
			return []any{b.Name, b.Spec.PolicyName, paramRefCell(b.Spec.ParamRef), Age(b.CreationTimestamp, now)}
		},
	})
}

// policyBindingColumns are the columns of a binding of a policy.
func policyBindingColumns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		NameColumn(),
		Column("PolicyName", "PolicyName indicates the policy definition which the policy binding binded to"),
		Column("ParamRef", "ParamRef indicates the param resource which sets the configuration param"),
		AgeColumn(),
	}
}

func validateValidatingPolicyBinding(b *admissionv1.ValidatingAdmissionPolicyBinding) field.ErrorList {
	errs := validatePolicyBinding(b.Spec.PolicyName, b.Spec.ParamRef, b.Spec.MatchResources)
	path, actions := field.NewPath("spec", "validationActions"), b.Spec.ValidationActions
	for i, action := range actions {
		errs = append(errs, validateOneOf(path.Index(i), action, admissionv1.Audit, admissionv1.Deny, admissionv1.Warn)...)
		if slices.Contains(actions[:i], action) {
			errs = append(errs, field.Duplicate(path.Index(i), action))
		}
	}
	if slices.Contains(actions, admissionv1.Deny) && slices.Contains(actions, admissionv1.Warn) {
		errs = append(errs, field.Invalid(path, actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"))
	}
	if len(actions) == 0 {
		errs = append(errs, field.Required(path, "").MarkBeta())
	}
	return errs
}
