package definition

import (
	"fmt"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxSelectableFields is the largest number of a version's selectable fields.
const maxSelectableFields = 8

// validateSelectable checks the fields by which objects can be selected: each
// must be one that the schema knows.
func (p parts) validateSelectable(path *field.Path, l leniency) field.ErrorList {
	if len(p.selectable) == 0 {
		return nil
	}
	declared := schemaOf(p.validation)
	if declared == nil {
		// The message about versions is Kubernetes' own, with its slip.
		message := "may only be set when `version.schema.openAPIV3Schema` is not included"
		if p.shared {
			message = "may only be set when validations.schema is included"
		}
		return field.ErrorList{field.Invalid(path.Child("selectableFields"), "", message)}
	}
	structural, err := structuralschema.NewStructural(declared)
	if err != nil {
		return field.ErrorList{field.Invalid(path.Child("schema.openAPIV3Schema"), "", err.Error())}
	}
	path = path.Child("selectableFields")
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, f := range p.selectable {
		errs = append(errs, validateSelectableField(f.JSONPath, structural, path.Index(i).Child("jsonPath"), seen)...)
	}
	if len(seen) > maxSelectableFields && !l.manySelectable[p.selectableKey()] {
		errs = append(errs, field.TooMany(path, len(seen), maxSelectableFields))
	}
	return errs
}

// selectableKey is under what leniency knows the selectable fields.
func (p parts) selectableKey() string {
	if p.shared {
		return ""
	}
	return p.version
}

// validateSelectableField checks one field, and notes it among those seen.
func validateSelectableField(jsonPath string, schema *structuralschema.Structural, path *field.Path, seen map[string]bool) field.ErrorList {
	if jsonPath == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	found, at, err := cel.ValidFieldPath(jsonPath, schema, cel.WithFieldPathAllowArrayNotation(false))
	if err != nil {
		return field.ErrorList{field.Invalid(path, jsonPath, fmt.Sprintf("is an invalid path: %v", err))}
	}
	var errs field.ErrorList
	if found.Root().String() == "metadata" {
		errs = append(errs, field.Invalid(path, jsonPath, "must not point to fields in metadata"))
	}
	if at == nil || at.Type != "string" && at.Type != "boolean" && at.Type != "integer" {
		errs = append(errs, field.Invalid(path, jsonPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."))
	}
	if seen[found.String()] {
		errs = append(errs, field.Duplicate(path, jsonPath))
	}
	seen[found.String()] = true
	return errs
}
