package resources

import (
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// count is a number in a status or a spec, by the name of its field.
type count struct {
	name  string
	value int64
}

// optionalCount is a count of 0 when the field is absent.
func optionalCount[T int32 | int64](name string, value *T) count {
	if value == nil {
		return count{name, 0}
	}
	return count{name, int64(*value)}
}

// validateCounts requires counts to be 0 or more.
func validateCounts(path *field.Path, counts ...count) field.ErrorList {
	var errs field.ErrorList
	for _, c := range counts {
		errs = append(errs, apivalidation.ValidateNonnegativeField(c.value, path.Child(c.name))...)
	}
	return errs
}

// validateAtMost requires counts to be at most limit, which message names.
func validateAtMost(path *field.Path, limit int64, message string, counts ...count) field.ErrorList {
	var errs field.ErrorList
	for _, c := range counts {
		if c.value > limit {
			errs = append(errs, field.Invalid(path.Child(c.name), c.value, message))
		}
	}
	return errs
}

// validateNotDecremented requires a count to be at least what it was.
func validateNotDecremented(path *field.Path, value, old *int32) field.ErrorList {
	if old == nil || (value != nil && *value >= *old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, optionalCount("", value).value, "cannot be decremented")}
}
