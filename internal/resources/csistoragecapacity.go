package resources

import (
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

func csiStorageCapacity() *Kind {
	type capacity = *storagev1.CSIStorageCapacity
	return define(Definition[capacity]{
		Name: "CSIStorageCapacity", Resource: "csistoragecapacities",
		RevalidatesName:           true,
		Version:                   storagev1.SchemeGroupVersion,
		Validate:                  validateCSIStorageCapacity,
		ValidateUpdate:            validateCSIStorageCapacityUpdate,
		RefuseUnconditionalUpdate: true,
		Warnings: func(c, _ capacity) []string {
			return podspec.NodeLabelSelectorWarnings(c.NodeTopology, field.NewPath("nodeTopology"))
		},
	})
}

func validateCSIStorageCapacity(c *storagev1.CSIStorageCapacity) field.ErrorList {
	errs := validateSelector(c.NodeTopology, field.NewPath("nodeTopology"))
	errs = append(errs, validateAsName(field.NewPath("storageClassName"), c.StorageClassName, apivalidation.NameIsDNSSubdomain)...)
	if c.Capacity != nil && c.Capacity.Sign() < 0 {
		errs = append(errs, field.Invalid(field.NewPath("capacity"), c.Capacity.String(), apivalidation.IsNegativeErrorMsg))
	}
	return errs
}

func validateCSIStorageCapacityUpdate(c, old *storagev1.CSIStorageCapacity) field.ErrorList {
	errs := validateCSIStorageCapacity(c)
	if !equality.Semantic.DeepEqual(c.NodeTopology, old.NodeTopology) {
		errs = append(errs, field.Invalid(field.NewPath("nodeTopology"), c.NodeTopology, apivalidation.FieldImmutableErrorMsg))
	}
	if c.StorageClassName != old.StorageClassName {
		errs = append(errs, field.Invalid(field.NewPath("storageClassName"), c.StorageClassName, apivalidation.FieldImmutableErrorMsg))
	}
	return errs
}
