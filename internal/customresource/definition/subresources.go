package definition

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateScale checks where the scale subresource finds its numbers.
func validateScale(scale *apiextensions.CustomResourceSubresourceScale, path *field.Path) field.ErrorList {
	errs := validateScalePath(scale.SpecReplicasPath, path.Child("scale.specReplicasPath"), ".spec")
	errs = append(errs, validateScalePath(scale.StatusReplicasPath, path.Child("scale.statusReplicasPath"), ".status")...)
	if selector := scale.LabelSelectorPath; selector != nil && *selector != "" {
		errs = append(errs, validateScalePath(*selector, path.Child("scale.labelSelectorPath"), ".spec", ".status")...)
	}
	return errs
}

// validateScalePath checks a path that must be below one of some roots.
func validateScalePath(jsonPath string, path *field.Path, roots ...string) field.ErrorList {
	if errs := validateJSONPath(jsonPath, path); errs != nil {
		return errs
	}
	if slices.ContainsFunc(roots, func(root string) bool { return strings.HasPrefix(jsonPath, root+".") }) {
		return nil
	}
	where := roots[0]
	if len(roots) > 1 {
		where = fmt.Sprintf("either %s", strings.Join(roots, " or "))
	}
	return field.ErrorList{field.Invalid(path, jsonPath, "should be a json path under "+where)}
}

// validateJSONPath checks a path to a field (".spec.replicas") that must be
// there.
func validateJSONPath(jsonPath string, path *field.Path) field.ErrorList {
	switch {
	case jsonPath == "":
		return field.ErrorList{field.Required(path, "")}
	case jsonPath[0] != '.':
		return field.ErrorList{field.Invalid(path, jsonPath, "must be a simple json path starting with .")}
	}
	return nil
}
