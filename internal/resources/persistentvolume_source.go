package resources

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// validateBasicResource requires a quantity that is not negative.
func validateBasicResource(q resource.Quantity, at *field.Path) field.ErrorList {
	if q.Sign() < 0 {
		return field.ErrorList{field.Invalid(at, q.Value(), "must be a valid resource quantity")}
	}
	return nil
}

// volumeSource is one of the sources that a volume could have.
type volumeSource struct {
	name     string
	set      bool
	validate func(at *field.Path) field.ErrorList
}

// required are fields that must not be empty: their names and values in turn.
func required(fields ...string) func(at *field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		var errs field.ErrorList
		for i := 0; i < len(fields); i += 2 {
			errs = append(errs, validatePresent(at.Child(fields[i]), fields[i+1])...)
		}
		return errs
	}
}

// orZero is what p points at, or the zero value.
func orZero[T any](p *T) T {
	var zero T
	return ptr.Deref(p, zero)
}

// volumeSourcesOf lists the sources in the order in which they are checked.
// Those of plugins that are gone are checked for little.
func volumeSourcesOf(s *corev1.PersistentVolumeSource) []volumeSource {
	gluster, quobyte, scaleIO := orZero(s.Glusterfs), orZero(s.Quobyte), orZero(s.ScaleIO)
	flocker, rbd, iscsi, fc := orZero(s.Flocker), orZero(s.RBD), orZero(s.ISCSI), orZero(s.FC)
	file, disk := orZero(s.AzureFile), orZero(s.AzureDisk)
	return []volumeSource{
		{"hostPath", s.HostPath != nil, validateHostPath(orZero(s.HostPath))},
		{"gcePersistentDisk", s.GCEPersistentDisk != nil, required("pdName", orZero(s.GCEPersistentDisk).PDName)},
		{"awsElasticBlockStore", s.AWSElasticBlockStore != nil, required("volumeID", orZero(s.AWSElasticBlockStore).VolumeID)},
		{"glusterfs", s.Glusterfs != nil, required("endpoints", gluster.EndpointsName, "path", gluster.Path)},
		{"flocker", s.Flocker != nil, required("datasetName", flocker.DatasetName+flocker.DatasetUUID)},
		{"nfs", s.NFS != nil, validateNFS(orZero(s.NFS))},
		{"rbd", s.RBD != nil, required("monitors", strings.Join(rbd.CephMonitors, ""), "image", rbd.RBDImage)},
		{"quobyte", s.Quobyte != nil, required("registry", quobyte.Registry, "volume", quobyte.Volume)},
		{"cephfs", s.CephFS != nil, required("monitors", strings.Join(orZero(s.CephFS).Monitors, ""))},
		{"iscsi", s.ISCSI != nil, required("targetPortal", iscsi.TargetPortal, "iqn", iscsi.IQN)},
		{"cinder", s.Cinder != nil, required("volumeID", orZero(s.Cinder).VolumeID)},
		{"fc", s.FC != nil, required("targetWWNs", strings.Join(append(fc.TargetWWNs, fc.WWIDs...), ""))},
		{"flexVolume", s.FlexVolume != nil, required("driver", orZero(s.FlexVolume).Driver)},
		{"azureFile", s.AzureFile != nil, required("secretName", file.SecretName, "shareName", file.ShareName)},
		{"vsphereVolume", s.VsphereVolume != nil, required("volumePath", orZero(s.VsphereVolume).VolumePath)},
		{"photonPersistentDisk", s.PhotonPersistentDisk != nil, required("pdID", orZero(s.PhotonPersistentDisk).PdID)},
		{"portworxVolume", s.PortworxVolume != nil, required("volumeID", orZero(s.PortworxVolume).VolumeID)},
		{"azureDisk", s.AzureDisk != nil, required("diskName", disk.DiskName, "diskURI", disk.DataDiskURI)},
		{"scaleIO", s.ScaleIO != nil, required("gateway", scaleIO.Gateway, "system", scaleIO.System, "volumeName", scaleIO.VolumeName)},
		{"local", s.Local != nil, validateLocal(orZero(s.Local))},
		{"storageos", s.StorageOS != nil, required("volumeName", orZero(s.StorageOS).VolumeName)},
		{"csi", s.CSI != nil, validateCSI(orZero(s.CSI))},
	}
}

// validateVolumeSource requires exactly one source, and checks the first.
func validateVolumeSource(spec *corev1.PersistentVolumeSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	found := false
	for _, s := range volumeSourcesOf(&spec.PersistentVolumeSource) {
		switch {
		case !s.set:
		case found:
			errs = append(errs, field.Forbidden(at.Child(s.name), "may not specify more than 1 volume type"))
		default:
			found = true
			errs = append(errs, s.validate(at.Child(s.name))...)
		}
	}
	if spec.Local != nil && spec.NodeAffinity == nil {
		errs = append(errs, field.Required(at.Child("nodeAffinity"), "Local volume requires node affinity"))
	}
	if !found {
		errs = append(errs, field.Required(at, "must specify a volume type"))
	}
	return errs
}

func validateHostPath(v corev1.HostPathVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		if v.Path == "" {
			return field.ErrorList{field.Required(at.Child("path"), "")}
		}
		errs := podspec.ValidateNoBacksteps(v.Path, at.Child("path"))
		if v.Type == nil {
			return errs
		}
		return append(errs, validateOneOf(at.Child("type"), *v.Type, corev1.HostPathUnset, corev1.HostPathBlockDev, corev1.HostPathCharDev,
			corev1.HostPathDirectory, corev1.HostPathDirectoryOrCreate, corev1.HostPathFile, corev1.HostPathFileOrCreate, corev1.HostPathSocket)...)
	}
}

func validateNFS(v corev1.NFSVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := required("server", v.Server, "path", v.Path)(at)
		if !path.IsAbs(v.Path) {
			errs = append(errs, field.Invalid(at.Child("path"), v.Path, "must be an absolute path"))
		}
		return errs
	}
}

func validateLocal(v corev1.LocalVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		if v.Path == "" {
			return field.ErrorList{field.Required(at.Child("path"), "")}
		}
		return podspec.ValidateNoBacksteps(v.Path, at.Child("path"))
	}
}

func validateCSI(v corev1.CSIPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := podspec.ValidateCSIDriverName(v.Driver, at.Child("driver"))
		errs = append(errs, validatePresent(at.Child("volumeHandle"), v.VolumeHandle)...)
		for _, ref := range []struct {
			name   string
			secret *corev1.SecretReference
		}{
			{"controllerPublishSecretRef", v.ControllerPublishSecretRef},
			{"controllerExpandSecretRef", v.ControllerExpandSecretRef},
			{"nodePublishSecretRef", v.NodePublishSecretRef},
			{"nodeExpandSecretRef", v.NodeExpandSecretRef},
		} {
			if ref.secret != nil {
				errs = append(errs, required("name", ref.secret.Name, "namespace", ref.secret.Namespace)(at.Child(ref.name))...)
			}
		}
		return errs
	}
}

// defaultVolumeSource fills in what the sources leave open.
func defaultVolumeSource(s *corev1.PersistentVolumeSource) {
	if s.HostPath != nil {
		setDefault(&s.HostPath.Type, corev1.HostPathUnset)
	}
	if s.RBD != nil {
		setIfZero(&s.RBD.RBDPool, "rbd")
		setIfZero(&s.RBD.RadosUser, "admin")
		setIfZero(&s.RBD.Keyring, "/etc/ceph/keyring")
	}
	if s.ISCSI != nil {
		setIfZero(&s.ISCSI.ISCSIInterface, "default")
	}
	if s.AzureDisk != nil {
		setDefault(&s.AzureDisk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		setDefault(&s.AzureDisk.Kind, corev1.AzureSharedBlobDisk)
		setDefault(&s.AzureDisk.FSType, "ext4")
		setDefault(&s.AzureDisk.ReadOnly, false)
	}
	if s.ScaleIO != nil {
		setIfZero(&s.ScaleIO.StorageMode, "ThinProvisioned")
		setIfZero(&s.ScaleIO.FSType, "xfs")
	}
}

func persistentVolumeWarnings(v, _ *corev1.PersistentVolume) []string {
	warnings := storageClassWarnings(v.Annotations)
	if affinity := v.Spec.NodeAffinity; affinity != nil && affinity.Required != nil {
		at := field.NewPath("spec", "nodeAffinity", "required", "nodeSelectorTerms")
		for i := range affinity.Required.NodeSelectorTerms {
			warnings = append(warnings, podspec.NodeSelectorTermWarnings(&affinity.Required.NodeSelectorTerms[i], at.Index(i))...)
		}
	}
	if v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		warnings = append(warnings, "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.")
	}
	for _, gone := range []struct {
		used bool
		text string
	}{
		{v.Spec.CephFS != nil, "spec.cephfs: deprecated in v1.28, non-functional in v1.31+"},
		{v.Spec.PhotonPersistentDisk != nil, "spec.photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+"},
		{v.Spec.ScaleIO != nil, "spec.scaleIO: deprecated in v1.16, non-functional in v1.22+"},
		{v.Spec.StorageOS != nil, "spec.storageOS: deprecated in v1.22, non-functional in v1.25+"},
		{v.Spec.Glusterfs != nil, "spec.glusterfs: deprecated in v1.25, non-functional in v1.26+"},
		{v.Spec.RBD != nil, "spec.rbd: deprecated in v1.28, non-functional in v1.31+"},
	} {
		if gone.used {
			warnings = append(warnings, gone.text)
		}
	}
	return warnings
}
