package resources

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func clusterRole() *Kind {
	return define(Definition[*rbacv1.ClusterRole]{
		Name: "ClusterRole", Resource: "clusterroles", ClusterScoped: true,
		RevalidatesName: true,
		Version:         rbacv1.SchemeGroupVersion,
		ValidateName:    rbacName,
		Validate:        validateClusterRole,
		ValidateUpdate:  func(r, _ *rbacv1.ClusterRole) field.ErrorList { return validateClusterRole(r) },
		CreateOnUpdate:  true,
	})
}

func validateClusterRole(r *rbacv1.ClusterRole) field.ErrorList {
	errs := validatePolicyRules(r.Rules, false)
	if r.AggregationRule != nil {
		errs = append(errs, validateAggregationSelectors(r.AggregationRule.ClusterRoleSelectors)...)
	}
	return append(errs, validateRuleVerbs(r.Rules)...)
}

func validateAggregationSelectors(selectors []metav1.LabelSelector) field.ErrorList {
	path := field.NewPath("aggregationRule", "clusterRoleSelectors")
	var errs field.ErrorList
	if len(selectors) == 0 {
		errs = append(errs, field.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
	}
	for i := range selectors {
		errs = append(errs, metavalidation.ValidateLabelSelector(&selectors[i], metavalidation.LabelSelectorValidationOptions{}, path.Index(i))...)
		if _, err := metav1.LabelSelectorAsSelector(&selectors[i]); err != nil {
			errs = append(errs, field.Invalid(path.Index(i), nil, "invalid label selector."))
		}
	}
	return errs
}
