package customresource

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	structurallisttype "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

func (v *customVersion) validate(obj object) field.ErrorList {
	errs := validation.ValidateCustomResource(nil, obj.Object, v.schema)
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
	errs := validation.ValidateCustomResourceUpdate(nil, obj.Object, old.Object, v.schema, validation.WithRatcheting(unchanged))
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
		errs = validation.ValidateCustomResourceUpdate(field.NewPath("status"), status, old.Object["status"], v.status, options...)
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

// applyRules puts the errors in an order that is the same in every run, and
// adds those of the CEL rules if the object is sound enough for them.
func (v *customVersion) applyRules(errs field.ErrorList, obj, old object, options ...cel.Option) field.ErrorList {
	sortErrors(errs)
	if v.rules == nil {
		return errs
	}
	if slices.ContainsFunc(errs, blocksRules) {
		return append(errs, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))
	}
	var before any
	if old != nil {
		before = old.Object
	}
	broken, _ := v.rules.Validate(context.Background(), nil, v.structural, obj.Object, before, celconfig.RuntimeCELCostBudget, options...)
	sortErrors(broken)
	return append(errs, broken...)
}

func blocksRules(err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

func sortErrors(errs field.ErrorList) {
	slices.SortStableFunc(errs, func(a, b *field.Error) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.ErrorBody(), b.ErrorBody()))
	})
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
