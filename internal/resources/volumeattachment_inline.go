package resources

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// ofInlineVolumes ends what is said of fields that they may not have.
const ofInlineVolumes = " in the context of inline volumes"

// validateInlineVolume checks a volume that is described where it is attached:
// what a driver needs to know of it, and nothing that is for claims.
func validateInlineVolume(spec *corev1.PersistentVolumeSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	absent := func(name string, set bool) {
		if set {
			errs = append(errs, field.Forbidden(at.Child(name), "may not be specified"+ofInlineVolumes))
		}
	}
	only := func(name, value, allowed string) {
		if value != "" && value != allowed {
			errs = append(errs, field.Forbidden(at.Child(name), "may only be "+allowed+ofInlineVolumes))
		}
	}
	absent("claimRef", spec.ClaimRef != nil)
	absent("capacity", len(spec.Capacity) > 0)
	if spec.CSI == nil {
		errs = append(errs, field.Required(at.Child("csi"), "has to be specified"+ofInlineVolumes))
	}
	errs = append(errs, validateVolumeAccessModes(spec.AccessModes, at.Child("accessModes"))...)
	only("persistentVolumeReclaimPolicy", string(spec.PersistentVolumeReclaimPolicy), string(corev1.PersistentVolumeReclaimRetain))
	absent("nodeAffinity", spec.NodeAffinity != nil)
	nowhere := *spec
	nowhere.NodeAffinity = nil
	errs = append(errs, validateVolumeSource(&nowhere, "", at)...)
	absent("storageClassName", spec.StorageClassName != "")
	if ptr.Deref(spec.VolumeMode, corev1.PersistentVolumeFilesystem) != corev1.PersistentVolumeFilesystem {
		errs = append(errs, field.Forbidden(at.Child("volumeMode"), "may not specify volumeMode other than "+string(corev1.PersistentVolumeFilesystem)+ofInlineVolumes))
	}
	return errs
}
