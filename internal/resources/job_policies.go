package resources

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func validatePodReplacementPolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	switch {
	case spec.PodReplacementPolicy == nil:
		return nil
	case spec.PodFailurePolicy != nil:
		return validateOneOf(path, *spec.PodReplacementPolicy, batchv1.Failed)
	}
	return validateOneOf(path, *spec.PodReplacementPolicy, batchv1.Failed, batchv1.TerminatingOrFailed)
}

// validateListedOneOf is validateOneOf, but says of a missing value which
// there are.
func validateListedOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, fmt.Sprintf("valid values: %q", allowed))}
	}
	return validateOneOf(path, value, allowed...)
}

func validatePodFailurePolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	rules, path := spec.PodFailurePolicy.Rules, path.Child("rules")
	var errs field.ErrorList
	if len(rules) > maxJobPolicyRules {
		errs = append(errs, field.TooMany(path, len(rules), maxJobPolicyRules))
	}
	for i := range rules {
		errs = append(errs, validatePodFailureRule(spec, &rules[i], path.Index(i))...)
	}
	return errs
}

func validatePodFailureRule(spec *batchv1.JobSpec, rule *batchv1.PodFailurePolicyRule, path *field.Path) field.ErrorList {
	action := path.Child("action")
	errs := validateListedOneOf(action, rule.Action, batchv1.PodFailurePolicyActionCount, batchv1.PodFailurePolicyActionFailIndex,
		batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionIgnore)
	if rule.Action == batchv1.PodFailurePolicyActionFailIndex && spec.BackoffLimitPerIndex == nil {
		errs = append(errs, field.Invalid(action, rule.Action, "requires the backoffLimitPerIndex to be set"))
	}
	if rule.OnExitCodes != nil {
		errs = append(errs, validateOnExitCodes(&spec.Template.Spec, rule.OnExitCodes, path.Child("onExitCodes"))...)
	}
	errs = append(errs, validateOnPodConditions(rule.OnPodConditions, path.Child("onPodConditions"))...)
	switch byCode, byCondition := rule.OnExitCodes != nil, len(rule.OnPodConditions) > 0; {
	case byCode && byCondition:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported"))
	case !byCode && !byCondition:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required"))
	}
	return errs
}

func validateOnPodConditions(patterns []batchv1.PodFailurePolicyOnPodConditionsPattern, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(patterns) > maxPodFailurePolicyConditionMatches {
		errs = append(errs, field.TooMany(path, len(patterns), maxPodFailurePolicyConditionMatches))
	}
	for i, pattern := range patterns {
		path := path.Index(i)
		errs = append(errs, podspec.ValidateQualifiedName(string(pattern.Type), path.Child("type"))...)
		errs = append(errs, validateListedOneOf(path.Child("status"), pattern.Status,
			corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown)...)
	}
	return errs
}

func validateOnExitCodes(spec *corev1.PodSpec, on *batchv1.PodFailurePolicyOnExitCodesRequirement, path *field.Path) field.ErrorList {
	errs := validateListedOneOf(path.Child("operator"), on.Operator,
		batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn)
	if name := on.ContainerName; name != nil && !hasContainer(spec, *name) {
		errs = append(errs, field.Invalid(path.Child("containerName"), *name, "must be one of the container or initContainer names in the pod template"))
	}
	path = path.Child("values")
	switch {
	case len(on.Values) == 0:
		errs = append(errs, field.Invalid(path, on.Values, "at least one value is required"))
	case len(on.Values) > maxExitCodes:
		errs = append(errs, field.TooMany(path, len(on.Values), maxExitCodes))
	}
	for i, code := range on.Values {
		if on.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && code == 0 {
			errs = append(errs, field.Invalid(path.Index(i), code, "must not be 0 for the In operator"))
		}
		if slices.Contains(on.Values[:i], code) {
			errs = append(errs, field.Duplicate(path.Index(i), code))
		}
	}
	if !slices.IsSorted(on.Values) {
		errs = append(errs, field.Invalid(path, on.Values, "must be ordered"))
	}
	return errs
}

func hasContainer(spec *corev1.PodSpec, name string) bool {
	named := func(c corev1.Container) bool { return c.Name == name }
	return slices.ContainsFunc(spec.Containers, named) || slices.ContainsFunc(spec.InitContainers, named)
}

func validateSuccessPolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	if !isIndexed(spec) {
		return field.ErrorList{field.Invalid(path, internalform.Of(spec.SuccessPolicy), "requires indexed completion mode")}
	}
	rules, path := spec.SuccessPolicy.Rules, path.Child("rules")
	var errs field.ErrorList
	if len(rules) == 0 {
		errs = append(errs, field.Required(path, "at least one rules must be specified when the successPolicy is specified"))
	}
	if len(rules) > maxJobPolicyRules {
		errs = append(errs, field.TooMany(path, len(rules), maxJobPolicyRules))
	}
	for i := range rules {
		errs = append(errs, validateSuccessRule(&rules[i], ptr.Deref(spec.Completions, 0), path.Index(i))...)
	}
	return errs
}

func validateSuccessRule(rule *batchv1.SuccessPolicyRule, completions int32, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if rule.SucceededCount == nil && rule.SucceededIndexes == nil {
		errs = append(errs, field.Required(path, "at least one of succeededCount or succeededIndexes must be specified"))
	}
	indexes := 0
	if rule.SucceededIndexes != nil {
		path := path.Child("succeededIndexes")
		if len(*rule.SucceededIndexes) > maxSucceededIndexesLength {
			errs = append(errs, field.TooLong(path, *rule.SucceededIndexes, maxSucceededIndexesLength))
		}
		ranges, err := parseIndexes(*rule.SucceededIndexes, completions)
		if err != nil {
			errs = append(errs, field.Invalid(path, *rule.SucceededIndexes, fmt.Sprintf("error parsing succeededIndexes: %v", err)))
		}
		indexes = ranges.len()
	}
	if rule.SucceededCount == nil {
		return errs
	}
	n := optionalCount("succeededCount", rule.SucceededCount)
	errs = append(errs, validateCounts(path, n)...)
	errs = append(errs, validateAtMost(path, int64(completions), fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", completions), n)...)
	if rule.SucceededIndexes != nil {
		errs = append(errs, validateAtMost(path, int64(indexes),
			fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", indexes), n)...)
	}
	return errs
}
