package podspec

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// fieldValue is a string field of some object, named relative to it.
type fieldValue struct{ name, value string }

// requireFields reports every given field that is empty.
func requireFields(fldPath *field.Path, fields ...fieldValue) field.ErrorList {
	var errs field.ErrorList
	for _, f := range fields {
		if f.value == "" {
			errs = append(errs, field.Required(fldPath.Child(f.name), ""))
		}
	}
	return errs
}

// invalid turns the complaints of a checker into errors about one value.
func invalid(fldPath *field.Path, value any, complaints []string) field.ErrorList {
	var errs field.ErrorList
	for _, c := range complaints {
		errs = append(errs, field.Invalid(fldPath, value, c))
	}
	return errs
}

// supported requires value to be one of allowed. Errors list allowed as given.
func supported[T ~string](fldPath *field.Path, value T, allowed []T) field.ErrorList {
	if slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(fldPath, value, allowed)}
}

// supportedRequired is [supported] where an empty value is reported as missing.
func supportedRequired[T ~string](fldPath *field.Path, value T, allowed []T) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(fldPath, "")}
	}
	return supported(fldPath, value, allowed)
}

// supportedOptional is [supported] for a pointer that may be nil.
func supportedOptional[T ~string](fldPath *field.Path, value *T, allowed []T) field.ErrorList {
	if value == nil {
		return nil
	}
	return supported(fldPath, *value, allowed)
}

// sortedKeys makes iteration over m reproducible.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// isTrue reports whether an optional flag is set and true.
func isTrue(flag *bool) bool { return flag != nil && *flag }

// ValidateLabels validates labels, reporting them in order.
func ValidateLabels(labels map[string]string, fldPath *field.Path) field.ErrorList {
	return inOrder(metav1validation.ValidateLabels(labels, fldPath), fldPath)
}

// ValidateAnnotations validates annotations, reporting them in order.
func ValidateAnnotations(annotations map[string]string, fldPath *field.Path) field.ErrorList {
	return inOrder(apivalidation.ValidateAnnotations(annotations, fldPath), fldPath)
}

// ValidateLabelSelector validates a label selector, whose values must be label
// values, reporting its labels in order.
func ValidateLabelSelector(selector *metav1.LabelSelector, fldPath *field.Path) field.ErrorList {
	return inOrder(metav1validation.ValidateLabelSelector(selector, metav1validation.LabelSelectorValidationOptions{}, fldPath), fldPath.Child("matchLabels"))
}

// inOrder makes the order reproducible in which a library reports the entries
// of maps: all under the map's own field, one map after another.
func inOrder(errs field.ErrorList, maps ...*field.Path) field.ErrorList {
	for _, path := range maps {
		ofMap := func(err *field.Error) bool { return err.Field == path.String() }
		start := slices.IndexFunc(errs, ofMap)
		if start < 0 {
			continue
		}
		end := start
		for end < len(errs) && ofMap(errs[end]) {
			end++
		}
		slices.SortStableFunc(errs[start:end], func(a, b *field.Error) int { return cmp.Compare(a.Error(), b.Error()) })
	}
	return errs
}

// ValidateDNS1123Label requires value to be a lower-case DNS label.
func ValidateDNS1123Label(value string, fldPath *field.Path) field.ErrorList {
	return invalid(fldPath, value, validation.IsDNS1123Label(value)).WithOrigin("format=dns-label")
}

// ValidateDNS1123Subdomain requires value to be a lower-case DNS subdomain.
func ValidateDNS1123Subdomain(value string, fldPath *field.Path) field.ErrorList {
	return invalid(fldPath, value, validation.IsDNS1123Subdomain(value))
}

// ValidateQualifiedName requires value to be a name with an optional domain
// prefix, as label keys are.
func ValidateQualifiedName(value string, fldPath *field.Path) field.ErrorList {
	return invalid(fldPath, value, validation.IsQualifiedName(value)).WithOrigin("format=qualified-name")
}

// ValidateNonnegativeField requires value to be 0 or more.
func ValidateNonnegativeField(value int64, fldPath *field.Path) field.ErrorList {
	return apivalidation.ValidateNonnegativeField(value, fldPath)
}

// ValidatePositiveField requires value to be 1 or more.
func ValidatePositiveField(value int64, fldPath *field.Path) field.ErrorList {
	if value > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, value, "must be greater than zero").WithOrigin("minimum")}
}

// ValidateImmutableField requires two values to be semantically equal.
func ValidateImmutableField(newVal, oldVal any, fldPath *field.Path) field.ErrorList {
	return apivalidation.ValidateImmutableField(newVal, oldVal, fldPath)
}

// ValidateNonnegativeQuantity requires value to be 0 or more.
func ValidateNonnegativeQuantity(value resource.Quantity, fldPath *field.Path) field.ErrorList {
	if value.Sign() >= 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, value.String(), apivalidation.IsNegativeErrorMsg)}
}

// ValidatePositiveQuantity requires value to be greater than 0.
func ValidatePositiveQuantity(value resource.Quantity, fldPath *field.Path) field.ErrorList {
	if value.Sign() > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, value.String(), "must be greater than zero")}
}

// ValidatePortNumOrName requires port to be a port number or a port's name.
func ValidatePortNumOrName(port intstr.IntOrString, fldPath *field.Path) field.ErrorList {
	if port.Type == intstr.String {
		return invalid(fldPath, port.StrVal, validation.IsValidPortName(port.StrVal))
	}
	return invalid(fldPath, port.IntValue(), validation.IsValidPortNum(port.IntValue()))
}

// ValidateIP requires value to be an IP address, in any notation that the API
// has ever accepted for the older fields.
func ValidateIP(value string, fldPath *field.Path) field.ErrorList {
	return validation.IsValidIPForLegacyField(fldPath, value, true, nil)
}

// ValidateNoBacksteps forbids ".." as an element of a path.
func ValidateNoBacksteps(target string, fldPath *field.Path) field.ErrorList {
	if !slices.Contains(strings.Split(target, "/"), "..") {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, target, "must not contain '..'")}
}

// ValidateLocalDescendingPath requires a relative path without "..".
func ValidateLocalDescendingPath(target string, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if path.IsAbs(target) {
		errs = append(errs, field.Invalid(fldPath, target, "must be a relative path"))
	}
	return append(errs, ValidateNoBacksteps(target, fldPath)...)
}

// ValidateLocalNonReservedPath requires a relative path without ".." whose
// first element does not start with "..", which atomic writers reserve.
func ValidateLocalNonReservedPath(target string, fldPath *field.Path) field.ErrorList {
	errs := ValidateLocalDescendingPath(target, fldPath)
	if strings.HasPrefix(target, "..") && !strings.HasPrefix(target, "../") {
		errs = append(errs, field.Invalid(fldPath, target, "must not start with '..'"))
	}
	return errs
}
