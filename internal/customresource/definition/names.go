package definition

import (
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateRequiredNames checks names that a spec must have; a status need not.
func validateRequiredNames(names *apiextensions.CustomResourceDefinitionNames, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range []struct{ field, value string }{
		{"plural", names.Plural}, {"singular", names.Singular}, {"kind", names.Kind}, {"listKind", names.ListKind},
	} {
		if name.value == "" {
			errs = append(errs, field.Required(path.Child(name.field), ""))
		}
	}
	return errs
}

// validateNames checks those names that there are.
func validateNames(names *apiextensions.CustomResourceDefinitionNames, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	lower := func(name, value string) {
		if value != "" {
			errs = append(errs, validateLabel(value, path.Child(name))...)
		}
	}
	mixed := func(name, value string) {
		if problems := validation.IsDNS1035Label(strings.ToLower(value)); value != "" && len(problems) > 0 {
			errs = append(errs, field.Invalid(path.Child(name), value, "may have mixed case, but should otherwise match: "+strings.Join(problems, ",")))
		}
	}
	lower("plural", names.Plural)
	lower("singular", names.Singular)
	mixed("kind", names.Kind)
	mixed("listKind", names.ListKind)
	errs = append(errs, validateLabels(names.ShortNames, path.Child("shortNames"))...)
	if names.Kind != "" && names.Kind == names.ListKind {
		errs = append(errs, field.Invalid(path.Child("listKind"), names.ListKind, "kind and listKind may not be the same"))
	}
	return append(errs, validateLabels(names.Categories, path.Child("categories"))...)
}

func validateLabels(list []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, value := range list {
		errs = append(errs, validateLabel(value, path.Index(i))...)
	}
	return errs
}

// validateLabel says all that is wrong with a name in one error.
func validateLabel(value string, path *field.Path) field.ErrorList {
	return invalidFor(path, value, validation.IsDNS1035Label(value))
}

func invalidFor(path *field.Path, value string, problems []string) field.ErrorList {
	if len(problems) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, value, strings.Join(problems, ","))}
}
