package podspec

import (
	"net"
	"path"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	maxLUN             = 255
	maxCSIDriverName   = 63
	maxQuobyteTenant   = 64
	azureManagedPrefix = "/subscriptions/"
	azureBlobPrefix    = "https://"
)

// iscsiNames are the formats of iSCSI names by their prefixes.
var iscsiNames = map[string]*regexp.Regexp{
	"iqn": regexp.MustCompile(`iqn\.\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`),
	"eui": regexp.MustCompile(`^eui.[[:alnum:]]{16}$`),
	"naa": regexp.MustCompile(`^naa.[[:alnum:]]{32}$`),
}

var (
	azureCachingModes = []corev1.AzureDataDiskCachingMode{corev1.AzureDataDiskCachingNone, corev1.AzureDataDiskCachingReadOnly, corev1.AzureDataDiskCachingReadWrite}
	azureDiskKinds    = []corev1.AzureDataDiskKind{corev1.AzureDedicatedBlobDisk, corev1.AzureManagedDisk, corev1.AzureSharedBlobDisk}
)

func validateGCEPersistentDisk(disk *corev1.GCEPersistentDiskVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"pdName", disk.PDName})
	return append(errs, validatePartition(disk.Partition, fldPath.Child("partition"))...)
}

func validateAWSElasticBlockStore(disk *corev1.AWSElasticBlockStoreVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"volumeID", disk.VolumeID})
	return append(errs, validatePartition(disk.Partition, fldPath.Child("partition"))...)
}

// validatePartition lets 0, which means the whole disk, pass as well.
func validatePartition(partition int32, fldPath *field.Path) field.ErrorList {
	if partition >= 0 && partition <= 255 {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, partition, validation.InclusiveRangeError(1, 255))}
}

func validateNFS(nfs *corev1.NFSVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"server", nfs.Server}, fieldValue{"path", nfs.Path})
	if !path.IsAbs(nfs.Path) {
		errs = append(errs, field.Invalid(fldPath.Child("path"), nfs.Path, "must be an absolute path"))
	}
	return errs
}

func validateISCSI(iscsi *corev1.ISCSIVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"targetPortal", iscsi.TargetPortal}, fieldValue{"iqn", iscsi.IQN})
	if iscsi.IQN != "" {
		errs = append(errs, validateISCSIName(iscsi.IQN, fldPath.Child("iqn"))...)
	}
	errs = append(errs, validateLUN(iscsi.Lun, fldPath.Child("lun"))...)
	if (iscsi.DiscoveryCHAPAuth || iscsi.SessionCHAPAuth) && iscsi.SecretRef == nil {
		errs = append(errs, field.Required(fldPath.Child("secretRef"), ""))
	}
	if iscsi.InitiatorName != nil {
		errs = append(errs, validateISCSIName(*iscsi.InitiatorName, fldPath.Child("initiatorname"))...)
	}
	return errs
}

func validateISCSIName(name string, fldPath *field.Path) field.ErrorList {
	format, known := iscsiNames[name[:min(3, len(name))]]
	switch {
	case !known:
		return field.ErrorList{field.Invalid(fldPath, name, "must be valid format starting with iqn, eui, or naa")}
	case !format.MatchString(name):
		return field.ErrorList{field.Invalid(fldPath, name, "must be valid format")}
	}
	return nil
}

func validateLUN(lun int32, fldPath *field.Path) field.ErrorList {
	if lun >= 0 && lun <= maxLUN {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, lun, validation.InclusiveRangeError(0, maxLUN))}
}

func validateGlusterfs(glusterfs *corev1.GlusterfsVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"endpoints", glusterfs.EndpointsName}, fieldValue{"path", glusterfs.Path})
}

func validateFlocker(flocker *corev1.FlockerVolumeSource, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case flocker.DatasetName == "" && flocker.DatasetUUID == "":
		errs = append(errs, field.Required(fldPath, "one of datasetName and datasetUUID is required"))
	case flocker.DatasetName != "" && flocker.DatasetUUID != "":
		errs = append(errs, field.Invalid(fldPath, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
	}
	if strings.Contains(flocker.DatasetName, "/") {
		errs = append(errs, field.Invalid(fldPath.Child("datasetName"), flocker.DatasetName, "must not contain '/'"))
	}
	return errs
}

func validateRBD(rbd *corev1.RBDVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireMonitors(rbd.CephMonitors, fldPath)
	return append(errs, requireFields(fldPath, fieldValue{"image", rbd.RBDImage})...)
}

func validateCephFS(cephfs *corev1.CephFSVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireMonitors(cephfs.Monitors, fldPath)
}

func requireMonitors(monitors []string, fldPath *field.Path) field.ErrorList {
	if len(monitors) > 0 {
		return nil
	}
	return field.ErrorList{field.Required(fldPath.Child("monitors"), "")}
}

func validateCinder(cinder *corev1.CinderVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"volumeID", cinder.VolumeID})
	return append(errs, requireSecretName(cinder.SecretRef, fldPath.Child("secretRef"))...)
}

func requireSecretName(ref *corev1.LocalObjectReference, fldPath *field.Path) field.ErrorList {
	if ref == nil {
		return nil
	}
	return requireFields(fldPath, fieldValue{"name", ref.Name})
}

func validateQuobyte(quobyte *corev1.QuobyteVolumeSource, fldPath *field.Path) field.ErrorList {
	const pairs = "must be a host:port pair or multiple pairs separated by commas"
	var errs field.ErrorList
	switch {
	case quobyte.Registry == "":
		errs = append(errs, field.Required(fldPath.Child("registry"), pairs))
	case len(quobyte.Tenant) > maxQuobyteTenant:
		errs = append(errs, field.Required(fldPath.Child("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
	default:
		for _, pair := range strings.Split(quobyte.Registry, ",") {
			if _, _, err := net.SplitHostPort(pair); err != nil {
				errs = append(errs, field.Invalid(fldPath.Child("registry"), quobyte.Registry, pairs))
			}
		}
	}
	return append(errs, requireFields(fldPath, fieldValue{"volume", quobyte.Volume})...)
}

func validateFC(fc *corev1.FCVolumeSource, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	targets := fldPath.Child("targetWWNs")
	switch {
	case len(fc.TargetWWNs) == 0 && len(fc.WWIDs) == 0:
		errs = append(errs, field.Required(targets, "must specify either targetWWNs or wwids, but not both"))
	case len(fc.TargetWWNs) > 0 && len(fc.WWIDs) > 0:
		errs = append(errs, field.Invalid(targets, fc.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously"))
	}
	if len(fc.TargetWWNs) == 0 {
		return errs
	}
	if fc.Lun == nil {
		return append(errs, field.Required(fldPath.Child("lun"), "lun is required if targetWWNs is specified"))
	}
	return append(errs, validateLUN(*fc.Lun, fldPath.Child("lun"))...)
}

func validateFlexVolume(flex *corev1.FlexVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"driver", flex.Driver})
	for _, option := range sortedKeys(flex.Options) {
		namespace, _, _ := strings.Cut(option, "/")
		domain := "." + strings.ToLower(namespace)
		if strings.HasSuffix(domain, ".kubernetes.io") || strings.HasSuffix(domain, ".k8s.io") {
			errs = append(errs, field.Invalid(fldPath.Child("options").Key(option), option, "kubernetes.io and k8s.io namespaces are reserved"))
		}
	}
	return errs
}

func validateAzureFile(file *corev1.AzureFileVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"secretName", file.SecretName}, fieldValue{"shareName", file.ShareName})
}

func validateAzureDisk(disk *corev1.AzureDiskVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"diskName", disk.DiskName}, fieldValue{"diskURI", disk.DataDiskURI})
	errs = append(errs, supportedOptional(fldPath.Child("cachingMode"), disk.CachingMode, azureCachingModes)...)
	errs = append(errs, supportedOptional(fldPath.Child("kind"), disk.Kind, azureDiskKinds)...)
	if disk.Kind == nil {
		return errs
	}
	prefix, format := azureBlobPrefix, "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
	if *disk.Kind == corev1.AzureManagedDisk {
		prefix, format = azureManagedPrefix, "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
	}
	if !strings.HasPrefix(disk.DataDiskURI, prefix) {
		errs = append(errs, field.NotSupported(fldPath.Child("diskURI"), disk.DataDiskURI, []string{format}))
	}
	return errs
}

func validateVsphere(disk *corev1.VsphereVirtualDiskVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"volumePath", disk.VolumePath})
}

func validatePhoton(disk *corev1.PhotonPersistentDiskVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"pdID", disk.PdID})
}

func validatePortworx(volume *corev1.PortworxVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"volumeID", volume.VolumeID})
}

func validateStorageOS(volume *corev1.StorageOSVolumeSource, fldPath *field.Path) field.ErrorList {
	errs := requireFields(fldPath, fieldValue{"volumeName", volume.VolumeName})
	if volume.VolumeName != "" {
		errs = append(errs, ValidateDNS1123Label(volume.VolumeName, fldPath.Child("volumeName"))...)
	}
	if volume.VolumeNamespace != "" {
		errs = append(errs, ValidateDNS1123Label(volume.VolumeNamespace, fldPath.Child("volumeNamespace"))...)
	}
	return append(errs, requireSecretName(volume.SecretRef, fldPath.Child("secretRef"))...)
}

func validateScaleIO(volume *corev1.ScaleIOVolumeSource, fldPath *field.Path) field.ErrorList {
	return requireFields(fldPath, fieldValue{"gateway", volume.Gateway}, fieldValue{"system", volume.System}, fieldValue{"volumeName", volume.VolumeName})
}

// ValidateCSIDriverName requires the name of a CSI driver: a DNS name of at
// most 63 characters, in any case.
func ValidateCSIDriverName(driver string, fldPath *field.Path) field.ErrorList {
	if driver == "" {
		return field.ErrorList{field.Required(fldPath, "")}
	}
	var errs field.ErrorList
	if len(driver) > maxCSIDriverName {
		errs = append(errs, field.TooLong(fldPath, driver, maxCSIDriverName))
	}
	return append(errs, invalid(fldPath, driver, validation.IsDNS1123Subdomain(strings.ToLower(driver)))...)
}
