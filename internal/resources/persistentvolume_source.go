package resources

import (
	"path"

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
	name string
	// path is where errors about its fields are; alias is what it is called if
	// it is one source too many. Both are the name, as a rule.
	path, alias string
	set         bool
	validate    func(at *field.Path) field.ErrorList
}

func source(name string, set bool, validate func(at *field.Path) field.ErrorList) volumeSource {
	return volumeSource{name: name, path: name, alias: name, set: set, validate: validate}
}

// asInPods checks a source by the rules for volumes of pods.
func asInPods(s corev1.VolumeSource) func(at *field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList { return podspec.ValidateVolumeSource(&s, at) }
}

// orZero is what p points at, or the zero value.
func orZero[T any](p *T) T {
	var zero T
	return ptr.Deref(p, zero)
}

// volumeSourcesOf lists the sources of a volume of a name in the order in which they are checked.
func volumeSourcesOf(s *corev1.PersistentVolumeSource, name string) []volumeSource {
	disk := source("gcePersistentDisk", s.GCEPersistentDisk != nil, asInPods(corev1.VolumeSource{GCEPersistentDisk: s.GCEPersistentDisk}))
	disk.path = "persistentDisk"
	ceph := source("cephfs", s.CephFS != nil, asInPods(corev1.VolumeSource{CephFS: cephFSInPods(s.CephFS)}))
	ceph.alias = "cephFS"
	return []volumeSource{
		source("hostPath", s.HostPath != nil, validateHostPath(orZero(s.HostPath))),
		disk,
		source("awsElasticBlockStore", s.AWSElasticBlockStore != nil, asInPods(corev1.VolumeSource{AWSElasticBlockStore: s.AWSElasticBlockStore})),
		source("glusterfs", s.Glusterfs != nil, validateGlusterfs(orZero(s.Glusterfs))),
		source("flocker", s.Flocker != nil, asInPods(corev1.VolumeSource{Flocker: s.Flocker})),
		source("nfs", s.NFS != nil, asInPods(corev1.VolumeSource{NFS: s.NFS})),
		source("rbd", s.RBD != nil, asInPods(corev1.VolumeSource{RBD: rbdInPods(s.RBD)})),
		source("quobyte", s.Quobyte != nil, asInPods(corev1.VolumeSource{Quobyte: s.Quobyte})),
		ceph,
		source("iscsi", s.ISCSI != nil, validateISCSI(orZero(s.ISCSI), name)),
		source("cinder", s.Cinder != nil, validateCinder(orZero(s.Cinder))),
		source("fc", s.FC != nil, asInPods(corev1.VolumeSource{FC: s.FC})),
		source("flexVolume", s.FlexVolume != nil, asInPods(corev1.VolumeSource{FlexVolume: flexInPods(s.FlexVolume)})),
		source("azureFile", s.AzureFile != nil, validateAzureFile(orZero(s.AzureFile))),
		source("vsphereVolume", s.VsphereVolume != nil, asInPods(corev1.VolumeSource{VsphereVolume: s.VsphereVolume})),
		source("photonPersistentDisk", s.PhotonPersistentDisk != nil, asInPods(corev1.VolumeSource{PhotonPersistentDisk: s.PhotonPersistentDisk})),
		source("portworxVolume", s.PortworxVolume != nil, asInPods(corev1.VolumeSource{PortworxVolume: s.PortworxVolume})),
		source("azureDisk", s.AzureDisk != nil, asInPods(corev1.VolumeSource{AzureDisk: s.AzureDisk})),
		source("scaleIO", s.ScaleIO != nil, validateScaleIO(orZero(s.ScaleIO))),
		source("local", s.Local != nil, validateLocal(orZero(s.Local))),
		source("storageos", s.StorageOS != nil, validateStorageOS(orZero(s.StorageOS))),
		source("csi", s.CSI != nil, validateCSI(orZero(s.CSI))),
	}
}

// validateVolumeSource requires exactly one source of a volume of a name, and
// checks the first. A flex volume may come beside others, as in Kubernetes.
func validateVolumeSource(spec *corev1.PersistentVolumeSpec, name string, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	found := false
	for _, s := range volumeSourcesOf(&spec.PersistentVolumeSource, name) {
		switch {
		case !s.set:
		case found && s.name != "flexVolume":
			errs = append(errs, field.Forbidden(at.Child(s.alias), "may not specify more than 1 volume type"))
		default:
			found = true
			errs = append(errs, s.validate(at.Child(s.path))...)
			if s.name == "local" && spec.NodeAffinity == nil {
				errs = append(errs, field.Required(at.Child("nodeAffinity"), "Local volume requires node affinity"))
			}
		}
	}
	if !found {
		errs = append(errs, field.Required(at, "must specify a volume type"))
	}
	if spec.HostPath != nil && path.Clean(spec.HostPath.Path) == "/" && spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		errs = append(errs, field.Forbidden(at.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
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

func validateLocal(v corev1.LocalVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		if v.Path == "" {
			return field.ErrorList{field.Required(at.Child("path"), "")}
		}
		return podspec.ValidateNoBacksteps(v.Path, at.Child("path"))
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
