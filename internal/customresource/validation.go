package customresource

import (
	"context"
	"fmt"
	"math"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	structurallisttype "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"

	"github.com/kubejig/kubejig/internal/store"
)

// validateStored checks an object of this version; old is nil when it is new.
func (v *customVersion) validateStored(obj, old store.Object) field.ErrorList {
	if old == nil {
		return v.validate(obj.(object))
	}
	return v.validateUpdate(obj.(object), old.(object))
}

// validateConverted checks an object of the storage version that was written in
// this one: the rules of this one count.
func (v *customVersion) validateConverted(obj, old store.Object, fromStorage func(store.Object) (store.Object, error)) field.ErrorList {
	obj, err := fromStorage(obj)
	if err == nil && old != nil {
		old, err = fromStorage(old)
	}
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return v.validateStored(obj, old)
}

func (v *customVersion) validate(obj object) field.ErrorList {
	errs := inOrder(validation.ValidateCustomResource(nil, obj.Object, v.schema))
	errs = append(errs, v.validateReplicas(obj)...)
	errs = append(errs, v.validateScaleStatus(obj)...)
	errs = append(errs, schemaobjectmeta.Validate(context.Background(), nil, obj.Object, v.structural, false)...)
	errs = append(errs, structurallisttype.ValidateListSetsAndMaps(nil, v.structural, obj.Object)...)
	return v.applyRules(errs, obj, nil)
}

// validateUpdate checks a changed object. What was invalid before and has not
// changed is not held against it.
func (v *customVersion) validateUpdate(obj, old object) field.ErrorList {
	unchanged := v.correlate(obj, old)
	errs := inOrder(validation.ValidateCustomResourceUpdate(nil, obj.Object, old.Object, v.schema, validation.WithRatcheting(unchanged)))
	errs = append(errs, v.validateReplicas(obj)...)
	errs = append(errs, v.validateScaleStatus(obj)...)
	errs = append(errs, schemaobjectmeta.Validate(context.Background(), nil, obj.Object, v.structural, false)...)
	errs = append(errs, v.validateLists(obj, old)...)
	return v.applyRules(errs, obj, old, cel.WithRatcheting(unchanged))
}

// validateStatusUpdate checks a change that came through the status.
func (v *customVersion) validateStatusUpdate(obj, old object) field.ErrorList {
	unchanged := v.correlate(obj, old)
	var options []validation.ValidationOption
	if v.structural != nil {
		options = append(options, validation.WithRatcheting(unchanged.Key("status")))
	}
	var errs field.ErrorList
	if status, ok := obj.Object["status"]; ok {
		errs = inOrder(validation.ValidateCustomResourceUpdate(field.NewPath("status"), status, old.Object["status"], v.status, options...))
	}
	errs = append(errs, v.validateScaleStatus(obj)...)
	errs = append(errs, v.validateLists(obj, old)...)
	return v.applyRules(errs, obj, old, cel.WithRatcheting(unchanged))
}

func (v *customVersion) correlate(obj, old object) *common.CorrelatedObject {
	return common.NewCorrelatedObject(obj.Object, old.Object, &model.Structural{Structural: v.structural})
}

// validateLists checks lists that are sets or maps, unless they were broken
// before.
func (v *customVersion) validateLists(obj, old object) field.ErrorList {
	if len(structurallisttype.ValidateListSetsAndMaps(nil, v.structural, old.Object)) > 0 {
		return nil
	}
	return structurallisttype.ValidateListSetsAndMaps(nil, v.structural, obj.Object)
}

// applyRules adds the errors of the CEL rules if the object, its metadata too,
// is sound enough for them.
func (v *customVersion) applyRules(errs field.ErrorList, obj, old object, options ...cel.Option) field.ErrorList {
	if v.rules == nil {
		return errs
	}
	metadata := apivalidation.ValidateObjectMetaAccessor(obj, obj.GetNamespace() != "", apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	if slices.ContainsFunc(slices.Concat(metadata, errs), blocksRules) {
		return append(errs, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))
	}
	var before any
	if old != nil {
		before = old.Object
	}
	broken, _ := v.rules.Validate(context.Background(), nil, v.structural, obj.Object, before, celconfig.RuntimeCELCostBudget, options...)
	return append(errs, inOrder(broken)...)
}

func blocksRules(err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

func (v *customVersion) validateReplicas(obj object) field.ErrorList {
	if s := v.scale(); s != nil {
		return validateReplicaCount(obj, s.SpecReplicasPath)
	}
	return nil
}

func (v *customVersion) validateScaleStatus(obj object) field.ErrorList {
	s := v.scale()
	if s == nil {
		return nil
	}
	errs := validateReplicaCount(obj, s.StatusReplicasPath)
	if s.LabelSelectorPath != nil {
		selector, _, err := unstructured.NestedString(obj.Object, pathOf(*s.LabelSelectorPath)...)
		if err != nil {
			errs = append(errs, field.Invalid(field.NewPath(*s.LabelSelectorPath), selector, err.Error()))
		}
	}
	return errs
}

func validateReplicaCount(obj object, jsonPath string) field.ErrorList {
	count, _, err := unstructured.NestedInt64(obj.Object, pathOf(jsonPath)...)
	problem := ""
	switch {
	case err != nil:
		problem = err.Error()
	case count < 0:
		problem = "should be a non-negative integer"
	case count > math.MaxInt32:
		problem = fmt.Sprintf("should be less than or equal to %v", math.MaxInt32)
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath(jsonPath), count, problem)}
}
