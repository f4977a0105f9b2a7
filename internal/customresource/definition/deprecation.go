package definition

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxDeprecationWarning is the length of a version's warning, in bytes.
const maxDeprecationWarning = 256

// validateDeprecation checks what those are told who use a deprecated version.
func validateDeprecation(v *apiextensions.CustomResourceDefinitionVersion, path *field.Path) field.ErrorList {
	if v.DeprecationWarning == nil {
		return nil
	}
	var errs field.ErrorList
	for _, problem := range warningProblems(v.Deprecated, *v.DeprecationWarning) {
		errs = append(errs, field.Invalid(path, *v.DeprecationWarning, problem))
	}
	return errs
}

func warningProblems(deprecated bool, warning string) []string {
	if !deprecated {
		return []string{"can only be set for deprecated versions"}
	}
	var problems []string
	if len(warning) > maxDeprecationWarning {
		problems = append(problems, fmt.Sprintf("must be <= %d characters long", maxDeprecationWarning))
	}
	if warning == "" {
		problems = append(problems, "must not be an empty string")
	}
	for i, r := range warning {
		if !unicode.IsPrint(r) {
			problems = append(problems, fmt.Sprintf("must only contain printable UTF-8 characters; non-printable character found at index %d", i))
			break
		}
	}
	if !utf8.ValidString(warning) {
		problems = append(problems, "must only contain printable UTF-8 characters")
	}
	return problems
}
