package resources

import (
	"slices"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
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
	return invalidFor(path, value, rule(value))
}

// validateAsName applies a rule for the names of a kind to a reference to it.
func validateAsName(path *field.Path, value string, rule apivalidation.ValidateNameFunc) field.ErrorList {
	return invalidFor(path, value, rule(value, false))
}

// validateSelector checks a label selector; nil is valid.
func validateSelector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}
