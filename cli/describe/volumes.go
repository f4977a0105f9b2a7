package describe

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// volumes writes the volumes of a pod, or of a pod template with a margin.
func (w *writer) volumes(margin string, volumes []corev1.Volume) {
	if len(volumes) == 0 {
		w.field(margin+"Volumes", "<none>")
		return
	}
	w.line("%sVolumes:", margin)
	for _, volume := range volumes {
		w.in().line("%s%s:", indentName(margin), volume.Name)
		w.at(2).volume(volume.VolumeSource)
	}
}

// volume writes where a volume comes from: sources that only pods can name
// here, the rest in volume_sources.go.
func (w *writer) volume(source corev1.VolumeSource) {
	switch {
	case source.HostPath != nil:
		w.hostPath(source.HostPath)
	case source.EmptyDir != nil:
		w.emptyDir(source.EmptyDir)
	case source.GCEPersistentDisk != nil:
		w.gcePersistentDisk(source.GCEPersistentDisk)
	case source.AWSElasticBlockStore != nil:
		w.awsElasticBlockStore(source.AWSElasticBlockStore)
	case source.GitRepo != nil:
		w.fields("Type", "GitRepo (a volume that is pulled from git when the pod is created)",
			"Repository", source.GitRepo.Repository, "Revision", source.GitRepo.Revision)
	case source.Secret != nil:
		w.fields("Type", "Secret (a volume populated by a Secret)",
			"SecretName", source.Secret.SecretName, "Optional", deref(source.Secret.Optional))
	case source.ConfigMap != nil:
		w.fields("Type", "ConfigMap (a volume populated by a ConfigMap)",
			"Name", source.ConfigMap.Name, "Optional", deref(source.ConfigMap.Optional))
	case source.NFS != nil:
		w.nfs(source.NFS)
	case source.ISCSI != nil:
		w.iscsi(iscsi(*source.ISCSI), source.ISCSI.SecretRef)
	case source.Glusterfs != nil:
		w.fields("Type", glusterfsType, "EndpointsName", source.Glusterfs.EndpointsName,
			"Path", source.Glusterfs.Path, "ReadOnly", source.Glusterfs.ReadOnly)
	case source.PersistentVolumeClaim != nil:
		w.fields("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
			"ClaimName", source.PersistentVolumeClaim.ClaimName, "ReadOnly", source.PersistentVolumeClaim.ReadOnly)
	case source.Ephemeral != nil:
		w.ephemeral(source.Ephemeral)
	case source.RBD != nil:
		rbd := source.RBD
		w.rbd(rbd.CephMonitors, rbd.RBDImage, rbd.FSType, rbd.RBDPool, rbd.RadosUser, rbd.Keyring, rbd.SecretRef, rbd.ReadOnly)
	case source.Quobyte != nil:
		w.quobyte(source.Quobyte)
	case source.DownwardAPI != nil:
		w.downwardAPI(source.DownwardAPI)
	case source.AzureDisk != nil:
		w.azureDisk(source.AzureDisk)
	case source.VsphereVolume != nil:
		w.vsphere(source.VsphereVolume)
	case source.Cinder != nil:
		w.cinder(source.Cinder.VolumeID, source.Cinder.FSType, source.Cinder.ReadOnly, source.Cinder.SecretRef)
	case source.PhotonPersistentDisk != nil:
		w.photon(source.PhotonPersistentDisk)
	case source.PortworxVolume != nil:
		w.portworx(source.PortworxVolume)
	case source.ScaleIO != nil:
		sio := source.ScaleIO
		w.fields("Type", scaleIOType, "Gateway", sio.Gateway, "System", sio.System,
			"Protection Domain", sio.ProtectionDomain, "Storage Pool", sio.StoragePool, "Storage Mode", sio.StorageMode,
			"VolumeName", sio.VolumeName, "FSType", sio.FSType, "ReadOnly", sio.ReadOnly)
	case source.CephFS != nil:
		fs := source.CephFS
		w.cephFS(fs.Monitors, fs.Path, fs.User, fs.SecretFile, fs.SecretRef, fs.ReadOnly)
	case source.StorageOS != nil:
		w.storageOS(source.StorageOS.VolumeName, source.StorageOS.VolumeNamespace, source.StorageOS.FSType, source.StorageOS.ReadOnly)
	case source.FC != nil:
		w.fibreChannel(source.FC)
	case source.AzureFile != nil:
		w.fields("Type", azureFileType, "SecretName", source.AzureFile.SecretName,
			"ShareName", source.AzureFile.ShareName, "ReadOnly", source.AzureFile.ReadOnly)
	case source.FlexVolume != nil:
		flex := source.FlexVolume
		w.flex(flex.Driver, flex.FSType, flex.SecretRef, flex.ReadOnly, flex.Options)
	case source.Flocker != nil:
		w.flocker(source.Flocker)
	case source.Projected != nil:
		w.projected(source.Projected)
	case source.CSI != nil:
		w.fields("Type", csiType, "Driver", source.CSI.Driver, "FSType", deref(source.CSI.FSType), "ReadOnly", deref(source.CSI.ReadOnly))
		w.csiAttributes(source.CSI.VolumeAttributes)
	case source.Image != nil:
		w.fields("Type", "Image (a container image or OCI artifact)",
			"Reference", source.Image.Reference, "PullPolicy", source.Image.PullPolicy)
	default:
		w.unknownSource()
	}
}

// unknownSource stands one level less deep than a source.
func (w *writer) unknownSource() {
	shallower := *w
	shallower.prefix = strings.TrimSuffix(w.prefix, "  ")
	shallower.line("<unknown>")
}

func (w *writer) emptyDir(source *corev1.EmptyDirVolumeSource) {
	limit := "<unset>"
	if source.SizeLimit != nil && source.SizeLimit.Cmp(resource.Quantity{}) > 0 {
		limit = source.SizeLimit.String()
	}
	w.fields("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)",
		"Medium", source.Medium, "SizeLimit", limit)
}

func (w *writer) projected(source *corev1.ProjectedVolumeSource) {
	w.field("Type", "Projected (a volume that contains injected data from multiple sources)")
	for _, part := range source.Sources {
		switch {
		case part.Secret != nil:
			w.fields("SecretName", part.Secret.Name, "Optional", deref(part.Secret.Optional))
		case part.DownwardAPI != nil:
			w.field("DownwardAPI", true)
		case part.ConfigMap != nil:
			w.fields("ConfigMapName", part.ConfigMap.Name, "Optional", deref(part.ConfigMap.Optional))
		case part.ServiceAccountToken != nil:
			w.field("TokenExpirationSeconds", deref(part.ServiceAccountToken.ExpirationSeconds))
		}
	}
}

func (w *writer) downwardAPI(source *corev1.DownwardAPIVolumeSource) {
	w.field("Type", "DownwardAPI (a volume populated by information about the pod)")
	items := w.section("Items")
	for _, item := range source.Items {
		if item.FieldRef != nil {
			items.line("%s -> %s", item.FieldRef.FieldPath, item.Path)
		}
		if item.ResourceFieldRef != nil {
			items.line("%s -> %s", item.ResourceFieldRef.Resource, item.Path)
		}
	}
}

// ephemeral writes a claim that comes and goes with its pod. kubectl indents
// the values of its labels and annotations once more.
func (w *writer) ephemeral(source *corev1.EphemeralVolumeSource) {
	w.field("Type", "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)")
	template := source.VolumeClaimTemplate
	if template == nil {
		return
	}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	w.field("StorageClass", claimClass(claim))
	w.field("Volume", claim.Spec.VolumeName)
	w.list("Labels", w.indentAgain(pairLines(claim.Labels)))
	w.list("Annotations", w.indentAgain(annotationLines(claim.Annotations)))
	w.claimCapacity(claim)
}

func (w *writer) indentAgain(lines []string) []string {
	if len(lines) == 0 {
		lines = []string{"<none>"}
	}
	indented := make([]string, 0, len(lines))
	for _, line := range lines {
		if !strings.HasPrefix(line, "  ") { // lines of a long annotation stay
			line = w.prefix + line
		}
		indented = append(indented, line)
	}
	return indented
}
