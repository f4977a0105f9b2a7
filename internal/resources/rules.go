package resources

import (
	"slices"
	"strconv"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Rules that the validation of several kinds is made of.

// validateOneOf checks an enumerated value; messages list the allowed ones in
// the given order.
func validateOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, allowed)}
}

// validateAs applies a rule for names to a field.
func validateAs(path *field.Path, value string, rule func(string) []string) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range rule(value) {
		errs = append(errs, field.Invalid(path, value, msg))
	}
	return errs
}

// validateAsName applies a rule for the names of a kind to a reference to it.
func validateAsName(path *field.Path, value string, rule apivalidation.ValidateNameFunc) field.ErrorList {
	return validateAs(path, value, func(name string) []string { return rule(name, false) })
}

// validateSelector checks a label selector; nil is valid.
func validateSelector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}

// validatePercentOrCount checks a number, or a percentage of at most 100%.
func validatePercentOrCount(v intstr.IntOrString, path *field.Path) field.ErrorList {
	if v.Type == intstr.Int {
		return apivalidation.ValidateNonnegativeField(int64(v.IntValue()), path)
	}
	var errs field.ErrorList
	for _, msg := range validation.IsValidPercent(v.StrVal) {
		errs = append(errs, field.Invalid(path, v, msg))
	}
	if len(errs) > 0 {
		return errs
	}
	if percent, err := strconv.Atoi(v.StrVal[:len(v.StrVal)-1]); err != nil || percent > 100 {
		errs = append(errs, field.Invalid(path, v, "must not be greater than 100%"))
	}
	return errs
}
