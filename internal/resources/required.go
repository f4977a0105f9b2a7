package resources

import (
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/equality"
)

// validateRequiredOneOf is validateOneOf, but an empty value is reported as
// missing.
func validateRequiredOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return validateOneOf(path, value, allowed...)
}

// validateDeclaredOneOf is validateRequiredOneOf where it is declared that the value must
// not be empty.
func validateDeclaredOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "").MarkBeta()}
	}
	return validateOneOf(path, value, allowed...)
}

// validatePresent requires the optional field of a name to be set.
func validatePresent(path *field.Path, value string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}

// invalidFor turns the complaints of a checker into errors about one value.
func invalidFor(path *field.Path, value any, complaints []string) field.ErrorList {
	var errs field.ErrorList
	for _, c := range complaints {
		errs = append(errs, field.Invalid(path, value, c))
	}
	return errs
}

// validateUnchanged refuses another value than the old one, in the words of a
// declaration: it does not quote the value.
func validateUnchanged(path *field.Path, value, old any) field.ErrorList {
	if equality.Semantic(value, old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, nil, apivalidation.FieldImmutableErrorMsg).MarkBeta()}
}

// declared marks the errors of a type as such that Kubernetes finds by
// declarations, after all others.
func declared(errs field.ErrorList, of field.ErrorType) field.ErrorList {
	for i, err := range errs {
		if err.Type == of {
			errs[i] = err.MarkBeta()
		}
	}
	return errs
}
