package resources

import "k8s.io/apimachinery/pkg/util/validation/field"

// validateRequiredOneOf is validateOneOf, but an empty value is reported as
// missing.
func validateRequiredOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
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
