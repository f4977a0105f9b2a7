package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	unsatisfiableActions  = []corev1.UnsatisfiableConstraintAction{corev1.DoNotSchedule, corev1.ScheduleAnyway}
	nodeInclusionPolicies = []corev1.NodeInclusionPolicy{corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore}
)

func validateTopologySpread(constraints []corev1.TopologySpreadConstraint, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range constraints {
		c, path := &constraints[i], fldPath.Index(i)
		errs = append(errs, ValidatePositiveField(int64(c.MaxSkew), path.Child("maxSkew"))...)
		if c.TopologyKey == "" {
			errs = append(errs, field.Required(path.Child("topologyKey"), "can not be empty"))
		}
		errs = append(errs, supported(path.Child("whenUnsatisfiable"), c.WhenUnsatisfiable, unsatisfiableActions)...)
		errs = append(errs, validateNotRepeated(c, constraints[i+1:], path.Child("{topologyKey, whenUnsatisfiable}"))...)
		errs = append(errs, validateMinDomains(c, path.Child("minDomains"))...)
		errs = append(errs, supportedOptional(path.Child("nodeAffinityPolicy"), c.NodeAffinityPolicy, nodeInclusionPolicies)...)
		errs = append(errs, supportedOptional(path.Child("nodeTaintsPolicy"), c.NodeTaintsPolicy, nodeInclusionPolicies)...)
		errs = append(errs, validateLabelKeys(c.MatchLabelKeys, nil, c.LabelSelector, path)...)
		errs = append(errs, ValidateLabelSelector(c.LabelSelector, path.Child("labelSelector"))...)
	}
	return errs
}

// validateNotRepeated allows one constraint per topology key and action.
func validateNotRepeated(c *corev1.TopologySpreadConstraint, later []corev1.TopologySpreadConstraint, path *field.Path) field.ErrorList {
	for _, other := range later {
		if c.TopologyKey == other.TopologyKey && c.WhenUnsatisfiable == other.WhenUnsatisfiable {
			return field.ErrorList{field.Duplicate(path, fmt.Sprintf("{%v, %v}", c.TopologyKey, c.WhenUnsatisfiable))}
		}
	}
	return nil
}

func validateMinDomains(c *corev1.TopologySpreadConstraint, path *field.Path) field.ErrorList {
	if c.MinDomains == nil {
		return nil
	}
	errs := ValidatePositiveField(int64(*c.MinDomains), path)
	if c.WhenUnsatisfiable != corev1.DoNotSchedule {
		errs = append(errs, field.Invalid(path, *c.MinDomains,
			fmt.Sprintf("can only use minDomains if whenUnsatisfiable=%s, not %s", corev1.DoNotSchedule, c.WhenUnsatisfiable)))
	}
	return errs
}
