package describe

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Sources that pods and persistent volumes share, if not in Go type then in
// what is shown of them.

const (
	azureFileType = "AzureFile (an Azure File Service mount on the host and bind mount to the pod)"
	csiType       = "CSI (a Container Storage Interface (CSI) volume source)"
	glusterfsType = "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)"
	scaleIOType   = "ScaleIO (a persistent volume backed by a block device in ScaleIO)"
)

func (w *writer) hostPath(source *corev1.HostPathVolumeSource) {
	w.fields("Type", "HostPath (bare host directory volume)",
		"Path", source.Path, "HostPathType", or(source.Type, "<none>"))
}

func (w *writer) gcePersistentDisk(source *corev1.GCEPersistentDiskVolumeSource) {
	w.fields("Type", "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
		"PDName", source.PDName, "FSType", source.FSType, "Partition", source.Partition, "ReadOnly", source.ReadOnly)
}

func (w *writer) awsElasticBlockStore(source *corev1.AWSElasticBlockStoreVolumeSource) {
	w.fields("Type", "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
		"VolumeID", source.VolumeID, "FSType", source.FSType, "Partition", source.Partition, "ReadOnly", source.ReadOnly)
}

func (w *writer) nfs(source *corev1.NFSVolumeSource) {
	w.fields("Type", "NFS (an NFS mount that lasts the lifetime of a pod)",
		"Server", source.Server, "Path", source.Path, "ReadOnly", source.ReadOnly)
}

func (w *writer) quobyte(source *corev1.QuobyteVolumeSource) {
	w.fields("Type", "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
		"Registry", source.Registry, "Volume", source.Volume, "ReadOnly", source.ReadOnly)
}

func (w *writer) portworx(source *corev1.PortworxVolumeSource) {
	w.fields("Type", "PortworxVolume (a Portworx Volume resource)", "VolumeID", source.VolumeID)
}

// iscsi has the fields of both ISCSI sources; the reference to the secret is
// given separately.
type iscsi corev1.ISCSIVolumeSource

func (w *writer) iscsi(source iscsi, secret any) {
	w.fields("Type", "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
		"TargetPortal", source.TargetPortal, "IQN", source.IQN, "Lun", source.Lun)
	w.row("ISCSIInterface", source.ISCSIInterface)
	w.fields("FSType", source.FSType, "ReadOnly", source.ReadOnly, "Portals", source.Portals,
		"DiscoveryCHAPAuth", source.DiscoveryCHAPAuth, "SessionCHAPAuth", source.SessionCHAPAuth,
		"SecretRef", secret, "InitiatorName", or(source.InitiatorName, "<none>"))
}

func (w *writer) rbd(monitors []string, image, fsType, pool, user, keyring string, secret any, readOnly bool) {
	w.fields("Type", "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
		"CephMonitors", monitors, "RBDImage", image, "FSType", fsType, "RBDPool", pool,
		"RadosUser", user, "Keyring", keyring, "SecretRef", secret, "ReadOnly", readOnly)
}

func (w *writer) azureDisk(source *corev1.AzureDiskVolumeSource) {
	w.fields("Type", "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
		"DiskName", source.DiskName, "DiskURI", source.DataDiskURI)
	w.row("Kind: ", string(deref(source.Kind)))
	w.fields("FSType", deref(source.FSType), "CachingMode", deref(source.CachingMode), "ReadOnly", deref(source.ReadOnly))
}

func (w *writer) vsphere(source *corev1.VsphereVirtualDiskVolumeSource) {
	w.fields("Type", "vSphereVolume (a Persistent Disk resource in vSphere)",
		"VolumePath", source.VolumePath, "FSType", source.FSType, "StoragePolicyName", source.StoragePolicyName)
}

func (w *writer) cinder(volume, fsType string, readOnly bool, secret any) {
	w.fields("Type", "Cinder (a Persistent Disk resource in OpenStack)",
		"VolumeID", volume, "FSType", fsType, "ReadOnly", readOnly, "SecretRef", secret)
}

func (w *writer) photon(source *corev1.PhotonPersistentDiskVolumeSource) {
	w.fields("Type", "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
		"PdID", source.PdID, "FSType", source.FSType)
}

func (w *writer) cephFS(monitors []string, path, user, secretFile string, secret any, readOnly bool) {
	w.fields("Type", "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
		"Monitors", monitors, "Path", path, "User", user, "SecretFile", secretFile, "SecretRef", secret, "ReadOnly", readOnly)
}

func (w *writer) storageOS(name, namespace, fsType string, readOnly bool) {
	w.fields("Type", "StorageOS (a StorageOS Persistent Disk resource)",
		"VolumeName", name, "VolumeNamespace", namespace, "FSType", fsType, "ReadOnly", readOnly)
}

func (w *writer) fibreChannel(source *corev1.FCVolumeSource) {
	w.fields("Type", "FC (a Fibre Channel disk)", "TargetWWNs", strings.Join(source.TargetWWNs, ", "),
		"LUN", or(source.Lun, "<none>"), "FSType", source.FSType, "ReadOnly", source.ReadOnly)
}

func (w *writer) flex(driver, fsType string, secret any, readOnly bool, options map[string]string) {
	w.fields("Type", "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
		"Driver", driver, "FSType", fsType, "SecretRef", secret, "ReadOnly", readOnly, "Options", options)
}

func (w *writer) flocker(source *corev1.FlockerVolumeSource) {
	w.fields("Type", "Flocker (a Flocker volume mounted by the Flocker agent)",
		"DatasetName", source.DatasetName, "DatasetUUID", source.DatasetUUID)
}

// csiAttributes writes attributes of a CSI volume; kubectl indents each once
// more.
func (w *writer) csiAttributes(attributes map[string]string) {
	if len(attributes) == 0 {
		w.field("VolumeAttributes", "<none>")
		return
	}
	lines := make([]string, 0, len(attributes))
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		lines = append(lines, w.prefix+cut(key+"="+attributes[key], maxAnnotation))
	}
	w.list("VolumeAttributes", lines)
}
