package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// tokenLifetimeSeconds is how long a projected service account token lives
// unless the projection says otherwise.
const tokenLifetimeSeconds = int64(3600)

func setVolumeDefaults(volume *corev1.Volume) {
	source := &volume.VolumeSource
	if ptr.AllPtrFieldsNil(source) {
		source.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	if source.HostPath != nil {
		setDefault(&source.HostPath.Type, corev1.HostPathUnset)
	}
	if source.Secret != nil {
		setDefault(&source.Secret.DefaultMode, corev1.SecretVolumeSourceDefaultMode)
	}
	if source.ConfigMap != nil {
		setDefault(&source.ConfigMap.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}
	if source.DownwardAPI != nil {
		setDefault(&source.DownwardAPI.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
		setDownwardAPIFileDefaults(source.DownwardAPI.Items)
	}
	if source.Projected != nil {
		setProjectedDefaults(source.Projected)
	}
	if source.Image != nil && source.Image.PullPolicy == "" {
		source.Image.PullPolicy = defaultPullPolicy(source.Image.Reference)
	}
	if source.Ephemeral != nil && source.Ephemeral.VolumeClaimTemplate != nil {
		SetPersistentVolumeClaimSpecDefaults(&source.Ephemeral.VolumeClaimTemplate.Spec)
	}
	setStorageDefaults(source)
}

// SetPersistentVolumeClaimSpecDefaults fills in what a claim's spec leaves open.
func SetPersistentVolumeClaimSpecDefaults(spec *corev1.PersistentVolumeClaimSpec) {
	setDefault(&spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundUpResources(spec.Resources.Limits)
	roundUpResources(spec.Resources.Requests)
}

func setDownwardAPIFileDefaults(files []corev1.DownwardAPIVolumeFile) {
	for i := range files {
		setFieldRefDefaults(files[i].FieldRef)
	}
}

func setProjectedDefaults(projected *corev1.ProjectedVolumeSource) {
	setDefault(&projected.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
	for i := range projected.Sources {
		source := &projected.Sources[i]
		if source.DownwardAPI != nil {
			setDownwardAPIFileDefaults(source.DownwardAPI.Items)
		}
		if source.ServiceAccountToken != nil {
			setDefault(&source.ServiceAccountToken.ExpirationSeconds, tokenLifetimeSeconds)
		}
	}
}

// setStorageDefaults covers volume types of storage systems.
func setStorageDefaults(source *corev1.VolumeSource) {
	if iscsi := source.ISCSI; iscsi != nil {
		setIfZero(&iscsi.ISCSIInterface, "default")
	}
	if rbd := source.RBD; rbd != nil {
		setIfZero(&rbd.RBDPool, "rbd")
		setIfZero(&rbd.RadosUser, "admin")
		setIfZero(&rbd.Keyring, "/etc/ceph/keyring")
	}
	if disk := source.AzureDisk; disk != nil {
		setDefault(&disk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		setDefault(&disk.Kind, corev1.AzureSharedBlobDisk)
		setDefault(&disk.FSType, "ext4")
		setDefault(&disk.ReadOnly, false)
	}
	if sio := source.ScaleIO; sio != nil {
		setIfZero(&sio.StorageMode, "ThinProvisioned")
		setIfZero(&sio.FSType, "xfs")
	}
}
