package definition

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	structuraldefaulting "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateSchema checks the schema of a version, or of all.
func validateSchema(v *apiextensions.CustomResourceValidation, hasStatus bool, path *field.Path, l leniency) field.ErrorList {
	if v == nil {
		return nil
	}
	var errs field.ErrorList
	if root := v.OpenAPIV3Schema; root != nil {
		errs = validateRoot(root, hasStatus, path.Child("openAPIV3Schema"), l)
	}
	if len(errs) == 0 {
		if _, _, err := validation.NewSchemaValidator(v.OpenAPIV3Schema); err != nil {
			errs = append(errs, field.Invalid(path, "", fmt.Sprintf("error building validator: %v", err)))
		}
	}
	return errs
}

func validateRoot(root schema, hasStatus bool, path *field.Path, l leniency) field.ErrorList {
	var errs field.ErrorList
	if hasStatus {
		errs = validateRootWithStatus(root, path)
	}
	if root.Nullable {
		errs = append(errs, field.Forbidden(path.Child("nullable"), "nullable cannot be true at the root"))
	}
	at := place{path: path, root: true}
	var noStructure error
	if !l.notStructural {
		var broken field.ErrorList
		broken, noStructure = validateStructure(root, path, l)
		errs = append(errs, broken...)
		if noStructure == nil && len(broken) == 0 {
			at.scope = rootScope(root)
		}
	}
	own, rules := at.validate(root, l)
	errs = append(append(errs, own...), rules...)
	if len(errs) == 0 && noStructure != nil {
		// The nodes' own errors say the same in better words, if there are any.
		errs = append(errs, field.Invalid(path, "", noStructure.Error()))
	}
	if at.scope != nil {
		errs = append(errs, at.scope.bill.validate(path)...)
	}
	return errs
}

// validateStructure checks that a schema is structural and its defaults are
// valid. The error says that it has no structural form at all.
func validateStructure(root schema, path *field.Path, l leniency) (field.ErrorList, error) {
	form, err := structuralschema.NewStructural(root)
	if err != nil {
		return nil, err
	}
	if errs := structuralschema.ValidateStructural(path, form); len(errs) > 0 {
		return errs, nil // sorted, by the whole message
	}
	errs, err := structuraldefaulting.ValidateDefaults(context.Background(), path, form, true, !l.unprunedDefault)
	if err != nil {
		return field.ErrorList{field.Invalid(path, "", err.Error())}, nil
	}
	return inOrder(errs), nil
}

// fieldsWithStatus are what the root of a schema may have, by the names of the
// Go fields, if its objects have the status subresource: the status is then
// validated alone, by its own schema.
var fieldsWithStatus = []string{
	"Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum",
	"MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items",
	"Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
}

// validateRootWithStatus reports the first field that may not be there.
func validateRootWithStatus(root schema, path *field.Path) field.ErrorList {
	fields := reflect.ValueOf(root).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		switch {
		case fields.Field(i).IsZero():
		case name == "Type" && root.Type != "object":
			return field.ErrorList{field.Invalid(path.Child("type"), root.Type, `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`)}
		case !slices.Contains(fieldsWithStatus, name):
			return field.ErrorList{field.Invalid(path, *root, fmt.Sprintf("only %v fields are allowed at the root of the schema if the status subresource is enabled", fieldsWithStatus))}
		}
	}
	return nil
}
