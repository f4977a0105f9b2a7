package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	mountPropagations  = []corev1.MountPropagationMode{corev1.MountPropagationBidirectional, corev1.MountPropagationHostToContainer, corev1.MountPropagationNone}
	recursiveReadOnlys = []corev1.RecursiveReadOnlyMode{corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible}
)

func (s *scope) validateVolumeMounts(c *corev1.Container, fldPath *field.Path) field.ErrorList {
	deviceNames, devicePaths := sets.New[string](), sets.New[string]()
	for _, d := range c.VolumeDevices {
		deviceNames.Insert(d.Name)
		devicePaths.Insert(d.DevicePath)
	}
	var errs field.ErrorList
	mountPaths := sets.New[string]()
	for i := range c.VolumeMounts {
		mount, path := &c.VolumeMounts[i], fldPath.Index(i)
		errs = append(errs, s.validateMountedVolume(mount, path)...)
		if mountPaths.Has(mount.MountPath) {
			errs = append(errs, field.Invalid(path.Child("mountPath"), mount.MountPath, "must be unique"))
		}
		mountPaths.Insert(mount.MountPath)
		if deviceNames.Has(mount.Name) {
			errs = append(errs, field.Invalid(path.Child("name"), mount.Name, "must not already exist in volumeDevices"))
		}
		if devicePaths.Has(mount.MountPath) {
			errs = append(errs, field.Invalid(path.Child("mountPath"), mount.MountPath, "must not already exist as a path in volumeDevices"))
		}
		// The server reports these without the mount's index.
		errs = append(errs, validateSubPaths(mount, path, fldPath)...)
		errs = append(errs, validateMountPropagation(mount, c, fldPath.Child("mountPropagation"))...)
		errs = append(errs, validateRecursiveReadOnly(mount, fldPath.Child("recursiveReadOnly"))...)
	}
	return errs
}

func (s *scope) validateMountedVolume(mount *corev1.VolumeMount, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", mount.Name})
	if _, found := s.volumes[mount.Name]; !found {
		errs = append(errs, field.NotFound(path.Child("name"), mount.Name))
	}
	return append(errs, requireFields(path, fieldValue{"mountPath", mount.MountPath})...)
}

func validateSubPaths(mount *corev1.VolumeMount, path, listPath *field.Path) field.ErrorList {
	errs := ValidateLocalDescendingPath(mount.SubPath, listPath.Child("subPath"))
	if mount.SubPathExpr != "" && mount.SubPath != "" {
		errs = append(errs, field.Invalid(path.Child("subPathExpr"), mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive"))
	}
	return append(errs, ValidateLocalDescendingPath(mount.SubPathExpr, listPath.Child("subPathExpr"))...)
}

func validateMountPropagation(mount *corev1.VolumeMount, c *corev1.Container, path *field.Path) field.ErrorList {
	if mount.MountPropagation == nil {
		return nil
	}
	errs := supported(path, *mount.MountPropagation, mountPropagations)
	privileged := c.SecurityContext != nil && isTrue(c.SecurityContext.Privileged)
	if *mount.MountPropagation == corev1.MountPropagationBidirectional && !privileged {
		errs = append(errs, field.Forbidden(path, "Bidirectional mount propagation is available only to privileged containers"))
	}
	return errs
}

func validateRecursiveReadOnly(mount *corev1.VolumeMount, path *field.Path) field.ErrorList {
	errs := supportedOptional(path, mount.RecursiveReadOnly, recursiveReadOnlys)
	if len(errs) > 0 || mount.RecursiveReadOnly == nil || *mount.RecursiveReadOnly == corev1.RecursiveReadOnlyDisabled {
		return errs
	}
	if !mount.ReadOnly {
		errs = append(errs, field.Forbidden(path, "may only be specified when readOnly is true"))
	}
	if p := mount.MountPropagation; p != nil && *p != corev1.MountPropagationNone {
		errs = append(errs, field.Forbidden(path, "may only be specified when mountPropagation is None or not specified"))
	}
	return errs
}

func (s *scope) validateVolumeDevices(c *corev1.Container, fldPath *field.Path) field.ErrorList {
	mountNames, mountPaths := sets.New[string](), sets.New[string]()
	for _, m := range c.VolumeMounts {
		mountNames.Insert(m.Name)
		mountPaths.Insert(m.MountPath)
	}
	var errs field.ErrorList
	names, paths := sets.New[string](), sets.New[string]()
	for i, device := range c.VolumeDevices {
		namePath, pathPath := fldPath.Index(i).Child("name"), fldPath.Index(i).Child("devicePath")
		errs = append(errs, requireFields(fldPath.Index(i), fieldValue{"name", device.Name})...)
		if names.Has(device.Name) {
			errs = append(errs, field.Invalid(namePath, device.Name, "must be unique"))
		}
		errs = append(errs, s.validateBlockVolume(device.Name, namePath)...)
		errs = append(errs, validateDevicePath(device.DevicePath, paths, pathPath)...)
		if mountNames.Has(device.Name) {
			errs = append(errs, field.Invalid(namePath, device.Name, "must not already exist in volumeMounts"))
		}
		if mountPaths.Has(device.DevicePath) {
			errs = append(errs, field.Invalid(pathPath, device.DevicePath, "must not already exist as a path in volumeMounts"))
		}
		if device.Name != "" {
			names.Insert(device.Name)
		}
	}
	return errs
}

// validateBlockVolume requires a volume that can be given to a container as a
// block device: one that is backed by a claim.
func (s *scope) validateBlockVolume(name string, path *field.Path) field.ErrorList {
	source, found := s.volumes[name]
	if !found {
		return field.ErrorList{field.NotFound(path, name)}
	}
	if source.PersistentVolumeClaim == nil && source.Ephemeral == nil {
		return field.ErrorList{field.Invalid(path, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")}
	}
	return nil
}

func validateDevicePath(devicePath string, taken sets.Set[string], path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if devicePath == "" {
		errs = append(errs, field.Required(path, ""))
	}
	if taken.Has(devicePath) {
		errs = append(errs, field.Invalid(path, devicePath, "must be unique"))
	}
	if len(ValidateNoBacksteps(devicePath, path)) > 0 {
		return append(errs, field.Invalid(path, devicePath, "can not contain backsteps ('..')"))
	}
	taken.Insert(devicePath)
	return errs
}
