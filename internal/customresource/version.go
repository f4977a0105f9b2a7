package customresource

import (
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	structuraldefaulting "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	structuralpruning "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/kubejig/kubejig/internal/resources"
)

// customVersion is one compiled version of a definition.
type customVersion struct {
	gvk      schema.GroupVersionKind
	declared *apiextensionsv1.CustomResourceDefinitionVersion
	table    resources.Table
	// preserve keeps all unknown fields, as in definitions that predate
	// structural schemas.
	preserve bool

	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	// status validates the status alone; nil if the schema has none.
	status validation.SchemaValidator
	// rules are the CEL rules of the schema; nil if it has none.
	rules *cel.Validator
}

func compileVersion(crd *apiextensionsv1.CustomResourceDefinition, declared *apiextensionsv1.CustomResourceDefinitionVersion) (*customVersion, error) {
	v := &customVersion{gvk: kindOf(crd, declared.Name), declared: declared, preserve: crd.Spec.PreserveUnknownFields}
	props, err := internalSchema(declared.Schema)
	if err != nil {
		return nil, err
	}
	if v.table, err = newTable(declared.AdditionalPrinterColumns); err != nil {
		return nil, err
	}
	if v.schema, _, err = validation.NewSchemaValidator(props); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if props == nil {
		return v, nil
	}
	if v.structural, err = structuralschema.NewStructural(props); err != nil {
		return nil, fmt.Errorf("structural schema: %w", err)
	}
	v.structural = v.structural.DeepCopy()
	if err := structuraldefaulting.PruneDefaults(v.structural); err != nil {
		return nil, fmt.Errorf("defaults: %w", err)
	}
	if status, ok := props.Properties["status"]; ok && v.hasStatus() {
		if v.status, _, err = validation.NewSchemaValidator(&status); err != nil {
			return nil, fmt.Errorf("schema of the status: %w", err)
		}
	}
	v.rules = cel.NewValidator(v.structural, true, celconfig.PerCallLimit)
	return v, nil
}

// internalSchema converts a schema to the form that the compilers take; nil
// when there is none.
func internalSchema(declared *apiextensionsv1.CustomResourceValidation) (*apiextensions.JSONSchemaProps, error) {
	if declared == nil {
		return nil, nil
	}
	internal := &apiextensions.CustomResourceValidation{}
	err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(declared, internal, nil)
	return internal.OpenAPIV3Schema, err
}

func (v *customVersion) hasStatus() bool {
	return v.declared.Subresources != nil && v.declared.Subresources.Status != nil
}

// scale is the scale subresource, or nil.
func (v *customVersion) scale() *apiextensionsv1.CustomResourceSubresourceScale {
	if v.declared.Subresources == nil {
		return nil
	}
	return v.declared.Subresources.Scale
}

func (v *customVersion) setDefaults(u *unstructured.Unstructured) {
	structuraldefaulting.Default(u.Object, v.structural)
}

// prune drops the fields that the schema does not know and returns their
// paths. It fails if the metadata is not what metadata must be.
func (v *customVersion) prune(u *unstructured.Unstructured) ([]string, error) {
	meta, hasMeta, unknown, err := schemaobjectmeta.GetObjectMetaWithOptions(u.Object, schemaobjectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, err
	}
	gvk := u.GroupVersionKind()
	if !v.preserve {
		unknown = append(unknown, structuralpruning.PruneWithOptions(u.Object, v.structural, true,
			structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
		structuraldefaulting.PruneNonNullableNullsWithoutDefaults(u.Object, v.structural)
	}
	problem, embedded := schemaobjectmeta.CoerceWithOptions(nil, u.Object, v.structural, false,
		schemaobjectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if problem != nil {
		return nil, problem
	}
	u.SetGroupVersionKind(gvk)
	if hasMeta {
		if err := schemaobjectmeta.SetObjectMeta(u.Object, meta); err != nil {
			return nil, err
		}
	}
	return append(unknown, embedded...), nil
}
