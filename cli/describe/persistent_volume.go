package describe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

func describePersistentVolume(ctx context.Context, w *writer, volume *corev1.PersistentVolume, r *related) error {
	w.metadata(volume, false)
	w.field("Finalizers", volume.Finalizers)
	w.field("StorageClass", volumeClass(volume))
	if volume.DeletionTimestamp != nil {
		w.fieldf("Status", "Terminating (lasts %s)", w.since(volume.DeletionTimestamp.Time))
	} else {
		w.field("Status", volume.Status.Phase)
	}
	claim := ""
	if ref := volume.Spec.ClaimRef; ref != nil {
		claim = ref.Namespace + "/" + ref.Name
	}
	w.field("Claim", claim)
	w.field("Reclaim Policy", volume.Spec.PersistentVolumeReclaimPolicy)
	w.field("Access Modes", accessModes(volume.Spec.AccessModes))
	if volume.Spec.VolumeMode != nil {
		w.field("VolumeMode", *volume.Spec.VolumeMode)
	}
	capacity := volume.Spec.Capacity[corev1.ResourceStorage]
	w.field("Capacity", capacity.String())
	w.volumeAffinity(volume.Spec.NodeAffinity)
	w.field("Message", volume.Status.Message)
	w.line("Source:")
	w.at(2).persistentSource(volume.Spec.PersistentVolumeSource)
	w.events(ctx, r, aboutObject("PersistentVolume", volume))
	return nil
}

// volumeClass is a volume's storage class; its old annotation goes first.
func volumeClass(volume *corev1.PersistentVolume) string {
	if class, found := volume.Annotations[corev1.BetaStorageClassAnnotation]; found {
		return class
	}
	return volume.Spec.StorageClassName
}

// accessModes abbreviates access modes, in a fixed order.
func accessModes(modes []corev1.PersistentVolumeAccessMode) string {
	var short []string
	for _, mode := range []struct {
		name  corev1.PersistentVolumeAccessMode
		short string
	}{
		{corev1.ReadWriteOnce, "RWO"},
		{corev1.ReadOnlyMany, "ROX"},
		{corev1.ReadWriteMany, "RWX"},
		{corev1.ReadWriteOncePod, "RWOP"},
	} {
		if slices.Contains(modes, mode.name) {
			short = append(short, mode.short)
		}
	}
	return strings.Join(short, ",")
}

func (w *writer) volumeAffinity(affinity *corev1.VolumeNodeAffinity) {
	if affinity == nil || affinity.Required == nil {
		w.field("Node Affinity", "<none>")
		return
	}
	w.field("Node Affinity", "")
	w = w.in()
	terms := affinity.Required.NodeSelectorTerms
	if len(terms) == 0 {
		w.field("Required Terms", "<none>")
		return
	}
	w.field("Required Terms", "")
	for i, term := range terms {
		w.in().nodeTerm(fmt.Sprintf("Term %d", i), term.MatchExpressions)
	}
}

// persistentSource writes where a persistent volume comes from.
func (w *writer) persistentSource(source corev1.PersistentVolumeSource) {
	switch {
	case source.HostPath != nil:
		w.hostPath(source.HostPath)
	case source.GCEPersistentDisk != nil:
		w.gcePersistentDisk(source.GCEPersistentDisk)
	case source.AWSElasticBlockStore != nil:
		w.awsElasticBlockStore(source.AWSElasticBlockStore)
	case source.NFS != nil:
		w.nfs(source.NFS)
	case source.ISCSI != nil:
		i := source.ISCSI
		w.iscsi(iscsi{
			TargetPortal: i.TargetPortal, IQN: i.IQN, Lun: i.Lun, ISCSIInterface: i.ISCSIInterface, FSType: i.FSType,
			ReadOnly: i.ReadOnly, Portals: i.Portals, DiscoveryCHAPAuth: i.DiscoveryCHAPAuth,
			SessionCHAPAuth: i.SessionCHAPAuth, InitiatorName: i.InitiatorName,
		}, i.SecretRef)
	case source.Glusterfs != nil:
		w.fields("Type", glusterfsType, "EndpointsName", source.Glusterfs.EndpointsName,
			"EndpointsNamespace", or(source.Glusterfs.EndpointsNamespace, "<unset>"),
			"Path", source.Glusterfs.Path, "ReadOnly", source.Glusterfs.ReadOnly)
	case source.RBD != nil:
		rbd := source.RBD
		w.rbd(rbd.CephMonitors, rbd.RBDImage, rbd.FSType, rbd.RBDPool, rbd.RadosUser, rbd.Keyring, rbd.SecretRef, rbd.ReadOnly)
	case source.Quobyte != nil:
		w.quobyte(source.Quobyte)
	case source.VsphereVolume != nil:
		w.vsphere(source.VsphereVolume)
	case source.Cinder != nil:
		w.cinder(source.Cinder.VolumeID, source.Cinder.FSType, source.Cinder.ReadOnly, source.Cinder.SecretRef)
	case source.AzureDisk != nil:
		w.azureDisk(source.AzureDisk)
	case source.PhotonPersistentDisk != nil:
		w.photon(source.PhotonPersistentDisk)
	case source.PortworxVolume != nil:
		w.portworx(source.PortworxVolume)
	case source.ScaleIO != nil:
		w.persistentScaleIO(source.ScaleIO)
	case source.Local != nil:
		w.fields("Type", "LocalVolume (a persistent volume backed by local storage on a node)", "Path", source.Local.Path)
	case source.CephFS != nil:
		fs := source.CephFS
		w.cephFS(fs.Monitors, fs.Path, fs.User, fs.SecretFile, fs.SecretRef, fs.ReadOnly)
	case source.StorageOS != nil:
		w.storageOS(source.StorageOS.VolumeName, source.StorageOS.VolumeNamespace, source.StorageOS.FSType, source.StorageOS.ReadOnly)
	case source.FC != nil:
		w.fibreChannel(source.FC)
	case source.AzureFile != nil:
		w.fields("Type", azureFileType, "SecretName", source.AzureFile.SecretName,
			"SecretNamespace", deref(source.AzureFile.SecretNamespace),
			"ShareName", source.AzureFile.ShareName, "ReadOnly", source.AzureFile.ReadOnly)
	case source.FlexVolume != nil:
		flex := source.FlexVolume
		w.flex(flex.Driver, flex.FSType, flex.SecretRef, flex.ReadOnly, flex.Options)
	case source.Flocker != nil:
		w.flocker(source.Flocker)
	case source.CSI != nil:
		w.fields("Type", csiType, "Driver", source.CSI.Driver, "FSType", source.CSI.FSType,
			"VolumeHandle", source.CSI.VolumeHandle, "ReadOnly", source.CSI.ReadOnly)
		w.csiAttributes(source.CSI.VolumeAttributes)
	default:
		w.unknownSource()
	}
}

func (w *writer) persistentScaleIO(source *corev1.ScaleIOPersistentVolumeSource) {
	secret := deref(source.SecretRef)
	w.fields("Type", scaleIOType, "Gateway", source.Gateway, "System", source.System,
		"Protection Domain", source.ProtectionDomain, "Storage Pool", source.StoragePool, "Storage Mode", source.StorageMode,
		"VolumeName", source.VolumeName, "SecretName", secret.Name, "SecretNamespace", secret.Namespace,
		"FSType", source.FSType, "ReadOnly", source.ReadOnly)
}
