package resources

import (
	"strconv"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateIntOrPercent checks a number of pods, or a percentage of any size.
func validateIntOrPercent(v intstr.IntOrString, path *field.Path) field.ErrorList {
	if v.Type == intstr.Int {
		return apivalidation.ValidateNonnegativeField(int64(v.IntValue()), path)
	}
	return invalidFor(path, v, validation.IsValidPercent(v.StrVal))
}

// validateAtMostAll rejects more than 100%.
func validateAtMostAll(v intstr.IntOrString, path *field.Path) field.ErrorList {
	if percent, ok := percentOf(v); ok && percent > 100 {
		return field.ErrorList{field.Invalid(path, v, "must not be greater than 100%")}
	}
	return nil
}

func percentOf(v intstr.IntOrString) (int, bool) {
	if v.Type != intstr.String || len(validation.IsValidPercent(v.StrVal)) > 0 {
		return 0, false
	}
	percent, err := strconv.Atoi(v.StrVal[:len(v.StrVal)-1])
	return percent, err == nil
}

// isNone reports whether v is 0 or 0%.
func isNone(v intstr.IntOrString) bool {
	if percent, ok := percentOf(v); ok {
		return percent == 0
	}
	return v.IntValue() == 0
}
