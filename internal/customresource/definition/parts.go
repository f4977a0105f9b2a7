package definition

import (
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// parts are what a version says about its objects, or what all versions have
// in common.
type parts struct {
	shared       bool
	version      string // of parts in common: the first
	validation   *apiextensions.CustomResourceValidation
	hasStatus    bool
	subresources *apiextensions.CustomResourceSubresources
	columns      []apiextensions.CustomResourceColumnDefinition
	selectable   []apiextensions.SelectableField
}

func partsOf(s spec, v *apiextensions.CustomResourceDefinitionVersion) parts {
	return parts{
		version: v.Name, validation: v.Schema, subresources: v.Subresources,
		hasStatus: hasStatus(s.Subresources) || hasStatus(v.Subresources),
		columns:   v.AdditionalPrinterColumns, selectable: v.SelectableFields,
	}
}

func sharedParts(s spec) parts {
	anyStatus := slices.ContainsFunc(s.Versions, func(v apiextensions.CustomResourceDefinitionVersion) bool {
		return hasStatus(v.Subresources)
	})
	return parts{
		shared: true, version: s.Version, validation: s.Validation, subresources: s.Subresources,
		hasStatus: anyStatus || hasStatus(s.Subresources),
		columns:   s.AdditionalPrinterColumns, selectable: s.SelectableFields,
	}
}

func hasStatus(s *apiextensions.CustomResourceSubresources) bool {
	return s != nil && s.Status != nil
}

// validate checks the parts of a version, or of the spec; path is that of
// either.
func (p parts) validate(path *field.Path, l leniency) field.ErrorList {
	schemaPath := path.Child("schema")
	if p.shared {
		schemaPath = path.Child("validation")
	}
	l.costly = l.unchanged[p.version]
	errs := validateSchema(p.validation, p.hasStatus, schemaPath, l)
	if p.subresources != nil && p.subresources.Scale != nil {
		errs = append(errs, validateScale(p.subresources.Scale, path.Child("subresources"))...)
	}
	for i := range p.columns {
		errs = append(errs, validateColumn(&p.columns[i], path.Child("additionalPrinterColumns").Index(i))...)
	}
	return append(errs, p.validateSelectable(path, l)...)
}
