package resources

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func validatePersistentVolumeClaim(c *corev1.PersistentVolumeClaim) field.ErrorList {
	return podspec.ValidatePersistentVolumeClaimSpec(&c.Spec, nil, field.NewPath("spec"))
}

func validatePersistentVolumeClaimUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	path := field.NewPath("spec")
	errs := podspec.ValidatePersistentVolumeClaimSpec(&c.Spec, &old.Spec, path)
	errs = append(errs, validateClaimUnchanged(c, old, path)...)
	size, before, capacity := c.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage], old.Status.Capacity[corev1.ResourceStorage]
	if size.Cmp(before) < 0 && size.Cmp(capacity) <= 0 {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	errs = append(errs, apivalidation.ValidateImmutableField(c.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
	return append(errs, validateAttributesClassUpdate(c, old, path.Child("volumeAttributesClassName"))...)
}

// validateClaimUnchanged lets a claim be bound once, get a storage class if it
// has none, and ask for another size or other attributes once it is bound.
func validateClaimUnchanged(c, old *corev1.PersistentVolumeClaim, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	now, was := c.Spec.DeepCopy(), old.Spec.DeepCopy()
	if was.VolumeName == "" {
		was.VolumeName = now.VolumeName
	}
	if classFromAnnotation(c, old) {
		now.StorageClassName = nil
	} else {
		class, before := c.Annotations[betaStorageClass], old.Annotations[betaStorageClass]
		if class != before {
			errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations", betaStorageClass), class, apivalidation.FieldImmutableErrorMsg))
		}
		if _, annotated := old.Annotations[betaStorageClass]; was.StorageClassName == nil && now.StorageClassName != nil &&
			(!annotated || before == *now.StorageClassName) {
			now.StorageClassName = nil
		}
	}
	if c.Status.Phase == corev1.ClaimBound {
		if now.Resources.Requests != nil {
			now.Resources.Requests[corev1.ResourceStorage] = old.Spec.Resources.Requests[corev1.ResourceStorage]
		}
		now.VolumeAttributesClassName = was.VolumeAttributesClassName
	}
	if equality.Semantic.DeepEqual(now, was) {
		return errs
	}
	return append(errs, field.Forbidden(path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+
		internalform.Diff(was, now)))
}

// classFromAnnotation reports whether a claim has got the class that its
// annotation says as it is said nowadays. The annotation may go then.
func classFromAnnotation(c, old *corev1.PersistentVolumeClaim) bool {
	before, annotated := old.Annotations[betaStorageClass]
	class, still := c.Annotations[betaStorageClass]
	return annotated && old.Spec.StorageClassName == nil && c.Spec.StorageClassName != nil && *c.Spec.StorageClassName == before &&
		(!still || class == before)
}

// validateAttributesClassUpdate does not let a class go that a volume has got.
func validateAttributesClassUpdate(c, old *corev1.PersistentVolumeClaim, path *field.Path) field.ErrorList {
	class := c.Spec.VolumeAttributesClassName
	if old.Status.CurrentVolumeAttributesClassName == nil || equality.Semantic.DeepEqual(class, old.Spec.VolumeAttributesClassName) {
		return nil
	}
	switch {
	case class == nil:
		return field.ErrorList{field.Forbidden(path, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil")}
	case *class == "":
		return field.ErrorList{field.Forbidden(path, "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil")}
	}
	return nil
}

// resizeStatuses are those of a resource of a claim that is being resized.
var resizeStatuses = []corev1.ClaimResourceStatus{
	corev1.PersistentVolumeClaimControllerResizeInProgress, corev1.PersistentVolumeClaimControllerResizeInfeasible,
	corev1.PersistentVolumeClaimNodeResizeInProgress, corev1.PersistentVolumeClaimNodeResizeInfeasible,
	corev1.PersistentVolumeClaimNodeResizePending,
}

func validatePersistentVolumeClaimStatus(c, _ *corev1.PersistentVolumeClaim) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("status")
	for _, name := range sortedKeys(c.Status.Capacity) {
		errs = append(errs, validateBasicResource(c.Status.Capacity[name], path.Child("capacity").Key(string(name)))...)
	}
	for _, name := range sortedKeys(c.Status.AllocatedResourceStatuses) {
		at := path.Child("allocatedResourceStatuses")
		errs = append(errs, validateClaimResource(name, at)...)
		if !slices.Contains(resizeStatuses, c.Status.AllocatedResourceStatuses[name]) {
			errs = append(errs, field.NotSupported(at, name, resizeStatuses))
		}
	}
	for _, name := range sortedKeys(c.Status.AllocatedResources) {
		at := path.Child("allocatedResources")
		if unknown := validateClaimResource(name, at); len(unknown) > 0 {
			errs = append(errs, unknown...)
			continue
		}
		errs = append(errs, validateBasicResource(c.Status.AllocatedResources[name], at.Key(string(name)))...)
	}
	return errs
}

// validateClaimResource requires the name of a resource that a claim can have:
// storage, or one that is not Kubernetes' own.
func validateClaimResource(name corev1.ResourceName, path *field.Path) field.ErrorList {
	if errs := validateAs(path, string(name), validation.IsQualifiedName); len(errs) > 0 {
		return errs
	}
	own := !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
	if own && name != corev1.ResourceStorage {
		return field.ErrorList{field.NotSupported(path, string(name), []corev1.ResourceName{corev1.ResourceStorage})}
	}
	return nil
}
