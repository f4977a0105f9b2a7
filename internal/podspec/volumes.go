package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxFileMode is the largest mode of a projected file.
const maxFileMode = 0o777

var hostPathTypes = []corev1.HostPathType{
	corev1.HostPathUnset, corev1.HostPathBlockDev, corev1.HostPathCharDev, corev1.HostPathDirectory,
	corev1.HostPathDirectoryOrCreate, corev1.HostPathFile, corev1.HostPathFileOrCreate, corev1.HostPathSocket,
}

// ValidateVolumes validates a pod's volumes and returns the valid ones by name.
// meta is the metadata of the pod, nil if the volumes are a template's: the
// claims of ephemeral volumes are named after the pod.
func ValidateVolumes(volumes []corev1.Volume, meta *metav1.ObjectMeta, fldPath *field.Path) (map[string]corev1.VolumeSource, field.ErrorList) {
	owned := ephemeralClaims(volumes, meta)
	valid := map[string]corev1.VolumeSource{}
	var errs field.ErrorList
	for i := range volumes {
		v, path := &volumes[i], fldPath.Index(i)
		found := validateVolume(v, meta, path)
		if _, taken := valid[v.Name]; taken {
			found = append(found, field.Duplicate(path.Child("name"), v.Name))
		}
		if len(found) == 0 {
			valid[v.Name] = v.VolumeSource
		}
		errs = append(errs, found...)
		if claim := v.PersistentVolumeClaim; claim != nil && owned.Has(claim.ClaimName) {
			errs = append(errs, field.Invalid(path.Child("persistentVolumeClaim", "claimName"), claim.ClaimName,
				"must not reference a PVC that gets created for an ephemeral volume"))
		}
	}
	return valid, errs
}

// ephemeralClaims returns the names of the claims that come and go with a pod.
func ephemeralClaims(volumes []corev1.Volume, meta *metav1.ObjectMeta) sets.Set[string] {
	names := sets.New[string]()
	if meta == nil || meta.Name == "" {
		return names
	}
	for _, v := range volumes {
		if v.Ephemeral != nil {
			names.Insert(meta.Name + "-" + v.Name)
		}
	}
	return names
}

func validateVolume(v *corev1.Volume, meta *metav1.ObjectMeta, path *field.Path) field.ErrorList {
	errs := validateVolumeSource(&v.VolumeSource, path)
	errs = append(errs, validateNamesFromVolume(v, meta, path.Child("name"))...)
	if v.Name == "" {
		return append(errs, field.Required(path.Child("name"), ""))
	}
	return append(errs, ValidateDNS1123Label(v.Name, path.Child("name"))...)
}

// validateNamesFromVolume checks what is named after the volume.
func validateNamesFromVolume(v *corev1.Volume, meta *metav1.ObjectMeta, namePath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if iscsi := v.ISCSI; iscsi != nil && iscsi.InitiatorName != nil && len(v.Name+":"+iscsi.TargetPortal) > 64 {
		errs = append(errs, field.Invalid(namePath, v.Name,
			"Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."))
	}
	if v.Ephemeral != nil && meta != nil && meta.Name != "" && v.Name != "" {
		claim := meta.Name + "-" + v.Name
		for _, msg := range validation.IsDNS1123Subdomain(claim) {
			errs = append(errs, field.Invalid(namePath, v.Name, fmt.Sprintf("PVC name %q: %v", claim, msg)))
		}
	}
	return errs
}

// volumeType is one of the types that a volume can be of.
type volumeType struct {
	name     string
	alias    string                            // where the server spells the field otherwise if it is one type too many
	validate func(*field.Path) field.ErrorList // nil if the volume is not of the type
}

// typed describes a volume type from its (possibly absent) source.
func typed[T any](name string, source *T, validate func(*T, *field.Path) field.ErrorList) volumeType {
	t := volumeType{name: name, alias: name}
	if source != nil {
		t.validate = func(path *field.Path) field.ErrorList { return validate(source, path) }
	}
	return t
}

func (t volumeType) spelled(alias string) volumeType {
	t.alias = alias
	return t
}

// validateVolumeSource requires exactly one volume type.
func validateVolumeSource(source *corev1.VolumeSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	found := false
	for _, t := range volumeTypes(source) {
		switch {
		case t.validate == nil:
		case found:
			errs = append(errs, field.Forbidden(path.Child(t.alias), "may not specify more than 1 volume type"))
		default:
			found = true
			errs = append(errs, t.validate(path.Child(t.name))...)
		}
	}
	if !found {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return errs
}

// ValidateVolumeSource checks the one source that is set; path is its own.
func ValidateVolumeSource(source *corev1.VolumeSource, path *field.Path) field.ErrorList {
	for _, t := range volumeTypes(source) {
		if t.validate != nil {
			return t.validate(path)
		}
	}
	return nil
}

// volumeTypes lists all types in the server's order: the first that is set is
// the one that counts.
func volumeTypes(s *corev1.VolumeSource) []volumeType {
	return []volumeType{
		typed("emptyDir", s.EmptyDir, validateEmptyDir),
		typed("hostPath", s.HostPath, validateHostPath),
		typed("gitRepo", s.GitRepo, validateGitRepo),
		typed("persistentDisk", s.GCEPersistentDisk, validateGCEPersistentDisk).spelled("gcePersistentDisk"),
		typed("awsElasticBlockStore", s.AWSElasticBlockStore, validateAWSElasticBlockStore),
		typed("secret", s.Secret, validateSecretVolume),
		typed("nfs", s.NFS, validateNFS),
		typed("iscsi", s.ISCSI, validateISCSI),
		typed("glusterfs", s.Glusterfs, validateGlusterfs),
		typed("flocker", s.Flocker, validateFlocker),
		typed("persistentVolumeClaim", s.PersistentVolumeClaim, validateClaimVolume),
		typed("rbd", s.RBD, validateRBD),
		typed("cinder", s.Cinder, validateCinder),
		typed("cephfs", s.CephFS, validateCephFS).spelled("cephFS"),
		typed("quobyte", s.Quobyte, validateQuobyte),
		typed("downwardAPI", s.DownwardAPI, validateDownwardAPI).spelled("downwarAPI"),
		typed("fc", s.FC, validateFC),
		typed("flexVolume", s.FlexVolume, validateFlexVolume),
		typed("configMap", s.ConfigMap, validateConfigMapVolume),
		typed("azureFile", s.AzureFile, validateAzureFile),
		typed("vsphereVolume", s.VsphereVolume, validateVsphere),
		typed("photonPersistentDisk", s.PhotonPersistentDisk, validatePhoton),
		typed("portworxVolume", s.PortworxVolume, validatePortworx),
		typed("azureDisk", s.AzureDisk, validateAzureDisk),
		typed("storageos", s.StorageOS, validateStorageOS),
		typed("projected", s.Projected, validateProjected),
		typed("scaleIO", s.ScaleIO, validateScaleIO),
		typed("csi", s.CSI, validateCSI),
		typed("ephemeral", s.Ephemeral, validateEphemeral),
		typed("image", s.Image, validateImageVolume),
	}
}

func validateEmptyDir(dir *corev1.EmptyDirVolumeSource, path *field.Path) field.ErrorList {
	if dir.SizeLimit == nil || dir.SizeLimit.Sign() >= 0 {
		return nil
	}
	return field.ErrorList{field.Forbidden(path.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity")}
}

func validateHostPath(hostPath *corev1.HostPathVolumeSource, path *field.Path) field.ErrorList {
	if hostPath.Path == "" {
		return field.ErrorList{field.Required(path.Child("path"), "")}
	}
	errs := ValidateNoBacksteps(hostPath.Path, path.Child("path"))
	return append(errs, supportedOptional(path.Child("type"), hostPath.Type, hostPathTypes)...)
}

func validateGitRepo(repo *corev1.GitRepoVolumeSource, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"repository", repo.Repository})
	return append(errs, ValidateLocalDescendingPath(repo.Directory, path.Child("directory"))...)
}

func validateSecretVolume(secret *corev1.SecretVolumeSource, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"secretName", secret.SecretName})
	errs = append(errs, validateFileMode(secret.DefaultMode, path.Child("defaultMode"))...)
	errs = append(errs, validateUserID(secret.DefaultUser, path.Child("defaultUser"))...)
	return append(errs, validateKeysToPaths(secret.Items, path.Child("items"))...)
}

func validateConfigMapVolume(configMap *corev1.ConfigMapVolumeSource, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", configMap.Name})
	errs = append(errs, validateFileMode(configMap.DefaultMode, path.Child("defaultMode"))...)
	errs = append(errs, validateUserID(configMap.DefaultUser, path.Child("defaultUser"))...)
	return append(errs, validateKeysToPaths(configMap.Items, path.Child("items"))...)
}

func validateKeysToPaths(items []corev1.KeyToPath, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, item := range items {
		path := fldPath.Index(i)
		errs = append(errs, requireFields(path, fieldValue{"key", item.Key}, fieldValue{"path", item.Path})...)
		errs = append(errs, ValidateLocalNonReservedPath(item.Path, path.Child("path"))...)
		errs = append(errs, validateFileMode(item.Mode, path.Child("mode"))...)
		errs = append(errs, validateUserID(item.User, path.Child("user"))...)
	}
	return errs
}

func validateFileMode(mode *int32, path *field.Path) field.ErrorList {
	if mode == nil || *mode >= 0 && *mode <= maxFileMode {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *mode, "must be a number between 0 and 0777 (octal), both inclusive")}
}

func validateClaimVolume(claim *corev1.PersistentVolumeClaimVolumeSource, path *field.Path) field.ErrorList {
	return requireFields(path, fieldValue{"claimName", claim.ClaimName})
}

func validateDownwardAPI(volume *corev1.DownwardAPIVolumeSource, path *field.Path) field.ErrorList {
	errs := validateFileMode(volume.DefaultMode, path.Child("defaultMode"))
	errs = append(errs, validateUserID(volume.DefaultUser, path.Child("defaultUser"))...)
	for i := range volume.Items {
		errs = append(errs, validateDownwardAPIFile(&volume.Items[i], path)...)
	}
	return errs
}

// validateDownwardAPIFile reports errors below the volume, without an index, as
// the server does.
func validateDownwardAPIFile(file *corev1.DownwardAPIVolumeFile, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"path", file.Path})
	errs = append(errs, ValidateLocalNonReservedPath(file.Path, path.Child("path"))...)
	switch {
	case file.FieldRef != nil:
		errs = append(errs, validateFieldRef(file.FieldRef, volumeFieldPaths, path.Child("fieldRef"))...)
		if file.ResourceFieldRef != nil {
			errs = append(errs, field.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
		}
	case file.ResourceFieldRef != nil:
		errs = append(errs, validateVolumeResourceFieldRef(file.ResourceFieldRef, path.Child("resourceFieldRef"))...)
	default:
		errs = append(errs, field.Required(path, "one of fieldRef and resourceFieldRef is required"))
	}
	errs = append(errs, validateFileMode(file.Mode, path.Child("mode"))...)
	return append(errs, validateUserID(file.User, path.Child("user"))...)
}

func validateCSI(csi *corev1.CSIVolumeSource, path *field.Path) field.ErrorList {
	errs := ValidateCSIDriverName(csi.Driver, path.Child("driver"))
	if ref := csi.NodePublishSecretRef; ref != nil {
		if ref.Name == "" {
			return append(errs, field.Required(path.Child("nodePublishSecretRef", "name"), ""))
		}
		errs = append(errs, ValidateDNS1123Subdomain(ref.Name, path.Child("name"))...)
	}
	return errs
}

func validateEphemeral(ephemeral *corev1.EphemeralVolumeSource, path *field.Path) field.ErrorList {
	if ephemeral.VolumeClaimTemplate == nil {
		return field.ErrorList{field.Required(path.Child("volumeClaimTemplate"), "")}
	}
	return ValidatePersistentVolumeClaimTemplate(ephemeral.VolumeClaimTemplate, path.Child("volumeClaimTemplate"))
}

func validateImageVolume(image *corev1.ImageVolumeSource, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"reference", image.Reference})
	return append(errs, supportedRequired(path.Child("pullPolicy"), image.PullPolicy, pullPolicies)...)
}
