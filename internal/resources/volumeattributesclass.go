package resources

import (
	"time"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func volumeAttributesClass() *Kind {
	type class = *storagev1.VolumeAttributesClass
	return define(Definition[class]{
		Name: "VolumeAttributesClass", Resource: "volumeattributesclasses", ShortNames: []string{"vac"}, ClusterScoped: true,
		RevalidatesName: true,
		ReturnDeleted:   true,
		Version:         storagev1.SchemeGroupVersion,
		Validate:        validateVolumeAttributesClass,
		ValidateUpdate:  validateVolumeAttributesClassUpdate,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("DriverName", storagev1.VolumeAttributesClass{}.SwaggerDoc()["driverName"]),
			AgeColumn(),
		},
		Row: func(c class, now time.Time) []any {
			name := c.Name
			if c.Annotations["volumeattributesclass.alpha.kubernetes.io/is-default-class"] == "true" {
				name += " (default)"
			}
			return []any{name, c.DriverName, Age(c.CreationTimestamp, now)}
		},
	})
}

func validateVolumeAttributesClass(c *storagev1.VolumeAttributesClass) field.ErrorList {
	errs := validateProvisioner(c.DriverName, field.NewPath("driverName"))
	errs = append(errs, validateClassParameters(c.Parameters, field.NewPath("parameters"))...)
	if len(c.Parameters) == 0 {
		errs = append(errs, field.Required(field.NewPath("parameters"), "must contain at least one key/value pair"))
	}
	return errs
}

func validateVolumeAttributesClassUpdate(c, old *storagev1.VolumeAttributesClass) field.ErrorList {
	var errs field.ErrorList
	if c.DriverName != old.DriverName {
		errs = append(errs, field.Forbidden(field.NewPath("driverName"), "updates to driverName are forbidden."))
	}
	if !equality.Semantic.DeepEqual(c.Parameters, old.Parameters) {
		errs = append(errs, field.Forbidden(field.NewPath("parameters"), "updates to parameters are forbidden."))
	}
	return append(errs, validateVolumeAttributesClass(c)...)
}
