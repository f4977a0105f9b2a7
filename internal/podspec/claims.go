package podspec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	accessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod}
	volumeModes = []corev1.PersistentVolumeMode{corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem}
	// claimMetadata are the only fields of metadata that a claim in a pod has.
	claimMetadata = sets.New("Annotations", "Labels")
)

// ValidatePersistentVolumeClaimTemplate validates the claim in an ephemeral
// volume.
func ValidatePersistentVolumeClaimTemplate(template *corev1.PersistentVolumeClaimTemplate, fldPath *field.Path) field.ErrorList {
	meta := fldPath.Child("metadata")
	errs := ValidateAnnotations(template.Annotations, meta.Child("annotations"))
	errs = append(errs, ValidateLabels(template.Labels, meta.Child("labels"))...)
	errs = append(errs, validateOnlySet(template.ObjectMeta, claimMetadata, "cannot be set", meta)...)
	return append(errs, ValidatePersistentVolumeClaimSpec(&template.Spec, nil, fldPath.Child("spec"))...)
}

// ValidatePersistentVolumeClaimSpec validates the spec of a claim, in whatever
// object it stands. old is what it was, nil if it is new.
func ValidatePersistentVolumeClaimSpec(spec, old *corev1.PersistentVolumeClaimSpec, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(fldPath.Child("accessModes"), "at least 1 access mode is required"))
	}
	if spec.Selector != nil {
		errs = append(errs, ValidateLabelSelector(spec.Selector, fldPath.Child("selector"))...)
	}
	errs = append(errs, ValidateAccessModes(spec.AccessModes, fldPath.Child("accessModes"))...)
	errs = append(errs, validateStorageRequest(spec, fldPath.Child("resources").Key(string(corev1.ResourceStorage)))...)
	errs = append(errs, validateClassName(spec.StorageClassName, fldPath.Child("storageClassName"))...)
	errs = append(errs, supportedOptional(fldPath.Child("volumeMode"), spec.VolumeMode, volumeModes)...)
	errs = append(errs, validateDataSources(spec, old, fldPath)...)
	return append(errs, validateClassName(spec.VolumeAttributesClassName, fldPath.Child("volumeAttributesClassName"))...)
}

// ValidateAccessModes validates the access modes of a claim or volume.
func ValidateAccessModes(modes []corev1.PersistentVolumeAccessMode, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	others := false
	for _, mode := range modes {
		unsupported := supported(fldPath, mode, accessModes)
		errs = append(errs, unsupported...)
		others = others || len(unsupported) == 0 && mode != corev1.ReadWriteOncePod
	}
	if others && slices.Contains(modes, corev1.ReadWriteOncePod) {
		errs = append(errs, field.Forbidden(fldPath, "may not use ReadWriteOncePod with other access modes"))
	}
	return errs
}

func validateStorageRequest(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) field.ErrorList {
	size, requested := spec.Resources.Requests[corev1.ResourceStorage]
	if !requested {
		return field.ErrorList{field.Required(path, "")}
	}
	return ValidatePositiveQuantity(size, path)
}

func validateClassName(name *string, path *field.Path) field.ErrorList {
	if name == nil || *name == "" {
		return nil
	}
	return ValidateDNS1123Subdomain(*name, path)
}

// validateDataSources validates what a claim is to be filled from, which can be
// said in an old field and a new one. Groups are not checked where one was named
// before.
func validateDataSources(spec, old *corev1.PersistentVolumeClaimSpec, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	validGroup := validation.IsDNS1123Subdomain
	if namesGroup(old) {
		validGroup = func(string) []string { return nil }
	}
	older, newer := spec.DataSource, spec.DataSourceRef
	if older != nil {
		errs = append(errs, validateDataSource(older, validGroup, fldPath.Child("dataSource"))...)
	}
	if newer == nil {
		return errs
	}
	local := &corev1.TypedLocalObjectReference{APIGroup: newer.APIGroup, Kind: newer.Kind, Name: newer.Name}
	errs = append(errs, validateDataSource(local, validGroup, fldPath.Child("dataSourceRef"))...)
	elsewhere := newer.Namespace != nil && *newer.Namespace != ""
	if elsewhere {
		errs = append(errs, ValidateDNS1123Label(*newer.Namespace, fldPath.Child("dataSourceRef", "namespace"))...)
	}
	switch {
	case older == nil:
	case elsewhere:
		errs = append(errs, field.Invalid(fldPath, fldPath.Child("dataSource"), "may not be specified when dataSourceRef.namespace is specified"))
	case !equality.Semantic.DeepEqual(older, local):
		errs = append(errs, field.Invalid(fldPath, fldPath.Child("dataSource"), "must match dataSourceRef"))
	}
	return errs
}

// namesGroup reports whether a claim that is there, if it is, is filled from
// something in an API group.
func namesGroup(spec *corev1.PersistentVolumeClaimSpec) bool {
	return spec != nil && (spec.DataSource != nil && spec.DataSource.APIGroup != nil || spec.DataSourceRef != nil && spec.DataSourceRef.APIGroup != nil)
}

func validateDataSource(ref *corev1.TypedLocalObjectReference, validGroup func(string) []string, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", ref.Name}, fieldValue{"kind", ref.Kind})
	if ref.APIGroup != nil && *ref.APIGroup != "" {
		return append(errs, invalid(path.Child("apiGroup"), *ref.APIGroup, validGroup(*ref.APIGroup))...)
	}
	if ref.Kind != "PersistentVolumeClaim" {
		errs = append(errs, field.Invalid(path, ref.Kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
	}
	return errs
}
