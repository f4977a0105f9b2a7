package resources

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func persistentVolume() *Kind {
	spec, status := corev1.PersistentVolumeSpec{}.SwaggerDoc(), corev1.PersistentVolumeStatus{}.SwaggerDoc()
	return define(Definition[*corev1.PersistentVolume]{
		Name: "PersistentVolume", Resource: "persistentvolumes", ShortNames: []string{"pv"}, ClusterScoped: true,
		RevalidatesName: true,
		ReturnDeleted:   true,
		Version:         corev1.SchemeGroupVersion,
		Default:         defaultPersistentVolume,
		Attribute:       notePhaseTransition,
		Validate:        validatePersistentVolume,
		ValidateUpdate:  validatePersistentVolumeUpdate,
		Warnings:        persistentVolumeWarnings,
		Status: &Status[*corev1.PersistentVolume]{
			Copy: func(to, from *corev1.PersistentVolume) { to.Status = *from.Status.DeepCopy() },
			Reset: func(v *corev1.PersistentVolume) {
				v.Status = corev1.PersistentVolumeStatus{Phase: corev1.VolumePending}
			},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Capacity", spec["capacity"]),
			Column("Access Modes", spec["accessModes"]),
			Column("Reclaim Policy", spec["persistentVolumeReclaimPolicy"]),
			Column("Status", status["phase"]),
			Column("Claim", spec["claimRef"]),
			Column("StorageClass", "StorageClass of the pv"),
			Column("VolumeAttributesClass", "VolumeAttributesClass of the pv"),
			Column("Reason", status["reason"]),
			AgeColumn(),
			Wide(Column("VolumeMode", spec["volumeMode"])),
		},
		Row: persistentVolumeRow,
	})
}

// notePhaseTransition notes when a volume entered its phase, unless the author
// says so.
func notePhaseTransition(v, old *corev1.PersistentVolume, by Author) {
	status := &v.Status
	switch {
	case old == nil:
		status.LastPhaseTransitionTime = &by.Now
	case old.Status.Phase != status.Phase && (status.LastPhaseTransitionTime == nil || status.LastPhaseTransitionTime.Equal(old.Status.LastPhaseTransitionTime)):
		status.LastPhaseTransitionTime = &by.Now
	case old.Status.Phase == status.Phase && status.LastPhaseTransitionTime == nil:
		status.LastPhaseTransitionTime = old.Status.LastPhaseTransitionTime
	}
}

func defaultPersistentVolume(v *corev1.PersistentVolume) {
	setIfZero(&v.Status.Phase, corev1.VolumePending)
	setIfZero(&v.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
	setDefault(&v.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	defaultVolumeSource(&v.Spec.PersistentVolumeSource)
}

func validatePersistentVolume(v *corev1.PersistentVolume) field.ErrorList {
	spec, at := &v.Spec, field.NewPath("spec")
	errs := validateVolumeAccessModes(spec.AccessModes, at.Child("accessModes"))
	errs = append(errs, validateVolumeCapacity(spec.Capacity, at.Child("capacity"))...)
	if spec.PersistentVolumeReclaimPolicy != "" {
		errs = append(errs, validateOneOf(at.Child("persistentVolumeReclaimPolicy"), spec.PersistentVolumeReclaimPolicy,
			corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRecycle, corev1.PersistentVolumeReclaimRetain)...)
	}
	if spec.NodeAffinity != nil {
		required := at.Child("nodeAffinity", "required")
		if spec.NodeAffinity.Required == nil {
			errs = append(errs, field.Required(required, "must specify required node constraints"))
		} else {
			errs = append(errs, podspec.ValidateNodeSelector(spec.NodeAffinity.Required, required)...)
		}
	}
	errs = append(errs, validateVolumeSource(spec, v.Name, at)...)
	if spec.StorageClassName != "" {
		errs = append(errs, validateAsName(at.Child("storageClassName"), spec.StorageClassName, apivalidation.NameIsDNSSubdomain)...)
	}
	if spec.VolumeMode != nil {
		errs = append(errs, validateOneOf(at.Child("volumeMode"), *spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)...)
	}
	if class := spec.VolumeAttributesClassName; class != nil {
		errs = append(errs, validateVolumeAttributesClassOf(spec, *class, at)...)
	}
	return append(errs, validateMountOptions(v)...)
}

func validateVolumeAccessModes(modes []corev1.PersistentVolumeAccessMode, at *field.Path) field.ErrorList {
	if len(modes) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	return podspec.ValidateAccessModes(modes, at)
}

// validateMountOptions refuses mount options in the annotation that they were
// in once for sources that it never meant.
func validateMountOptions(v *corev1.PersistentVolume) field.ErrorList {
	_, given := v.Annotations[corev1.MountOptionAnnotation]
	s := &v.Spec.PersistentVolumeSource
	if !given || s.GCEPersistentDisk != nil || s.AWSElasticBlockStore != nil || s.Glusterfs != nil || s.NFS != nil ||
		s.RBD != nil || s.Quobyte != nil || s.ISCSI != nil || s.Cinder != nil || s.CephFS != nil || s.AzureFile != nil ||
		s.VsphereVolume != nil || s.AzureDisk != nil || s.PhotonPersistentDisk != nil {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("metadata", "annotations", corev1.MountOptionAnnotation), "may not specify mount options for this volume type")}
}

func validateVolumeAttributesClassOf(spec *corev1.PersistentVolumeSpec, class string, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if class == "" {
		errs = append(errs, field.Required(at.Child("volumeAttributesClassName"), "an empty string is disallowed"))
	} else {
		errs = append(errs, validateAsName(at.Child("volumeAttributesClassName"), class, apivalidation.NameIsDNSSubdomain)...)
	}
	if spec.CSI == nil {
		errs = append(errs, field.Required(at.Child("csi"), "has to be specified when using volumeAttributesClassName"))
	}
	return errs
}

func validateVolumeCapacity(capacity corev1.ResourceList, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(capacity) == 0 {
		errs = append(errs, field.Required(at, ""))
	}
	if _, ok := capacity[corev1.ResourceStorage]; !ok || len(capacity) > 1 {
		errs = append(errs, field.NotSupported(at, capacity, []corev1.ResourceName{corev1.ResourceStorage}))
	}
	for _, name := range sortedKeys(capacity) {
		errs = append(errs, validateBasicResource(capacity[name], at.Key(string(name)))...)
		errs = append(errs, podspec.ValidatePositiveQuantity(capacity[name], at.Key(string(name)))...)
	}
	return errs
}

func validatePersistentVolumeUpdate(v, old *corev1.PersistentVolume) field.ErrorList {
	errs := validatePersistentVolume(v)
	source, before := v.Spec.PersistentVolumeSource.DeepCopy(), &old.Spec.PersistentVolumeSource
	if source.CSI != nil && before.CSI != nil && before.CSI.ControllerExpandSecretRef == nil {
		source.CSI.ControllerExpandSecretRef = nil // may be set once
	}
	if !equality.Semantic.DeepEqual(source, before) {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "persistentvolumesource"),
			"spec.persistentvolumesource is immutable after creation\n"+diff.Diff(internalform.Of(before), internalform.Of(source))))
	}
	errs = append(errs, apivalidation.ValidateImmutableField(v.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
	if old.Spec.NodeAffinity != nil && !sameNodeAffinity(v.Spec.NodeAffinity, old.Spec.NodeAffinity) {
		errs = append(errs, field.Invalid(field.NewPath("nodeAffinity"), internalform.Of(v.Spec.NodeAffinity),
			"field is immutable, except for updating from beta label to GA"))
	}
	if old.Spec.VolumeAttributesClassName != nil && v.Spec.VolumeAttributesClassName == nil {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
	}
	return errs
}

// newNodeLabels are the present names of labels of nodes.
var newNodeLabels = map[string]string{
	"beta.kubernetes.io/arch":           corev1.LabelArchStable,
	"beta.kubernetes.io/os":             corev1.LabelOSStable,
	corev1.LabelFailureDomainBetaRegion: corev1.LabelTopologyRegion,
	corev1.LabelFailureDomainBetaZone:   corev1.LabelTopologyZone,
	corev1.LabelInstanceType:            corev1.LabelInstanceTypeStable,
}

// sameNodeAffinity reports whether a volume is still for the nodes that it was
// for. Labels may have got their new names and, as Kubernetes has it, those that
// have none may have lost theirs.
func sameNodeAffinity(affinity, old *corev1.VolumeNodeAffinity) bool {
	if affinity == nil || affinity.Required == nil || old.Required == nil {
		return equality.Semantic.DeepEqual(affinity, old)
	}
	return slices.EqualFunc(affinity.Required.NodeSelectorTerms, old.Required.NodeSelectorTerms, func(term, was corev1.NodeSelectorTerm) bool {
		return slices.EqualFunc(term.MatchExpressions, was.MatchExpressions, sameRequirement) &&
			slices.EqualFunc(term.MatchFields, was.MatchFields, sameRequirement)
	})
}

func sameRequirement(r, old corev1.NodeSelectorRequirement) bool {
	if newNodeLabels[old.Key] == r.Key {
		old.Key = r.Key
	}
	return equality.Semantic.DeepEqual(r, old)
}

func persistentVolumeRow(v *corev1.PersistentVolume, now time.Time) []any {
	phase, claim := string(v.Status.Phase), ""
	if !v.DeletionTimestamp.IsZero() {
		phase = "Terminating"
	}
	if ref := v.Spec.ClaimRef; ref != nil {
		claim = ref.Namespace + "/" + ref.Name
	}
	class, ok := v.Annotations[betaStorageClass]
	if !ok {
		class = v.Spec.StorageClassName
	}
	size := v.Spec.Capacity[corev1.ResourceStorage]
	return []any{
		v.Name, size.String(), accessModesCell(v.Spec.AccessModes), string(v.Spec.PersistentVolumeReclaimPolicy), phase, claim, class,
		ptr.Deref(v.Spec.VolumeAttributesClassName, "<unset>"), v.Status.Reason, Age(v.CreationTimestamp, now),
		string(ptr.Deref(v.Spec.VolumeMode, "<unset>")),
	}
}
