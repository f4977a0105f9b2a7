package definition

import (
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// spec is a definition's spec. Schema, subresources, columns and selectable
// fields stand at its top if all versions have the same, else in the versions.
type spec = *apiextensions.CustomResourceDefinitionSpec

func validateSpec(s spec, l leniency) field.ErrorList {
	errs := validateGroup(s.Group, specPath.Child("group"))
	errs = append(errs, validateScope(s.Scope, specPath.Child("scope"))...)
	errs = append(errs, validatePresence(s, l)...)

	found := findingsOf(s)
	if found.defaults && preserves(s) {
		errs = append(errs, field.Invalid(specPath.Child("preserveUnknownFields"), true, "must be false in order to use defaults in the schema"))
	}
	if !preserves(s) || found.defaults || found.extensions {
		l.notStructural = false
	}
	errs = append(errs, validateVersions(s, l)...)
	errs = append(errs, validateRequiredNames(&s.Names, specPath.Child("names"))...)
	errs = append(errs, validateNames(&s.Names, specPath.Child("names"))...)
	errs = append(errs, sharedParts(s).validate(specPath, l)...)
	if s.Conversion != nil && s.Conversion.Strategy != apiextensions.NoneConverter && preserves(s) {
		errs = append(errs, field.Invalid(specPath.Child("conversion", "strategy"), s.Conversion.Strategy, "must be None if spec.preserveUnknownFields is true"))
	}
	return append(errs, validateConversion(s.Conversion, specPath.Child("conversion"), l)...)
}

func validateGroup(group string, path *field.Path) field.ErrorList {
	if group == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	if problems := validation.IsDNS1123Subdomain(group); len(problems) > 0 {
		return invalidFor(path, group, problems)
	}
	if !strings.Contains(group, ".") {
		return field.ErrorList{field.Invalid(path, group, "should be a domain with at least one dot")}
	}
	return nil
}

func validateScope(scope apiextensions.ResourceScope, path *field.Path) field.ErrorList {
	return validateOneOf(path, string(scope), string(apiextensions.ClusterScoped), string(apiextensions.NamespaceScoped))
}

// validateOneOf checks a word that must be there and be known.
func validateOneOf(path *field.Path, value string, known ...string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	for _, word := range known {
		if word == value {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, value, known)}
}

// validatePresence checks that versions have a schema.
func validatePresence(s spec, l leniency) field.ErrorList {
	if schemaOf(s.Validation) != nil || l.noSchema && preserves(s) {
		return nil
	}
	var errs field.ErrorList
	for i, v := range s.Versions {
		path := specPath.Child("versions").Index(i).Child("schema", "openAPIV3Schema")
		switch {
		case schemaOf(v.Schema) != nil:
		case !l.noSchema:
			errs = append(errs, field.Required(path, ""))
		case v.Served:
			errs = append(errs, field.Required(path, "because otherwise all fields are pruned"))
		}
	}
	return errs
}

func schemaOf(v *apiextensions.CustomResourceValidation) schema {
	if v == nil {
		return nil
	}
	return v.OpenAPIV3Schema
}

func validateVersions(s spec, l leniency) field.ErrorList {
	var errs field.ErrorList
	path := specPath.Child("versions")
	stored, unique, seen := 0, true, map[string]bool{}
	for i := range s.Versions {
		v := &s.Versions[i]
		if v.Storage {
			stored++
		}
		unique = unique && !seen[v.Name]
		seen[v.Name] = true
		errs = append(errs, validateLabel(v.Name, path.Index(i).Child("name"))...)
		errs = append(errs, validateDeprecation(v, path.Index(i).Child("deprecationWarning"))...)
		errs = append(errs, partsOf(s, v).validate(path.Index(i), l)...)
	}
	if !unique {
		errs = append(errs, field.Invalid(path, s.Versions, "must contain unique version names"))
	}
	if stored != 1 {
		errs = append(errs, field.Invalid(path, s.Versions, "must have exactly one version marked as storage version"))
	}
	// The internal form has the first version's name a second time.
	if s.Version != "" {
		errs = append(errs, validateLabel(s.Version, specPath.Child("version"))...)
	}
	return errs
}
