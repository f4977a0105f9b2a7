package resources

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// betaStorageClass is the annotation that storageClassName was once.
const betaStorageClass = corev1.BetaStorageClassAnnotation

func persistentVolumeClaim() *Kind {
	spec, status := corev1.PersistentVolumeClaimSpec{}.SwaggerDoc(), corev1.PersistentVolumeClaimStatus{}.SwaggerDoc()
	return define(Definition[*corev1.PersistentVolumeClaim]{
		Name: "PersistentVolumeClaim", Resource: "persistentvolumeclaims", ShortNames: []string{"pvc"},
		RevalidatesName:  true,
		ReturnDeleted:    true,
		Version:          corev1.SchemeGroupVersion,
		Default:          defaultPersistentVolumeClaim,
		PrepareForCreate: func(c *corev1.PersistentVolumeClaim) { prepareDataSources(&c.Spec, nil) },
		PrepareForUpdate: func(c, old *corev1.PersistentVolumeClaim) { prepareDataSources(&c.Spec, &old.Spec) },
		Validate:         validatePersistentVolumeClaim,
		ValidateUpdate:   validatePersistentVolumeClaimUpdate,
		Warnings:         persistentVolumeClaimWarnings,
		Status: &Status[*corev1.PersistentVolumeClaim]{
			Copy: func(to, from *corev1.PersistentVolumeClaim) { to.Status = *from.Status.DeepCopy() },
			Reset: func(c *corev1.PersistentVolumeClaim) {
				c.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
			},
			Keep: func(c, old *corev1.PersistentVolumeClaim) {
				if old.Status.HealthStatus == nil {
					c.Status.HealthStatus = nil // that feature is off by default
				}
			},
			Validate: validatePersistentVolumeClaimStatus,
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Status", status["phase"]),
			Column("Volume", spec["volumeName"]),
			Column("Capacity", status["capacity"]),
			Column("Access Modes", status["accessModes"]),
			Column("StorageClass", "StorageClass of the pvc"),
			Column("VolumeAttributesClass", "VolumeAttributesClass of the pvc"),
			AgeColumn(),
			Wide(Column("VolumeMode", spec["volumeMode"])),
		},
		Row: persistentVolumeClaimRow,
	})
}

func defaultPersistentVolumeClaim(c *corev1.PersistentVolumeClaim) {
	setIfZero(&c.Status.Phase, corev1.ClaimPending)
	podspec.SetPersistentVolumeClaimSpecDefaults(&c.Spec)
}

// prepareDataSources keeps the two fields in step that say what a claim is
// filled from. Sources in other namespaces are an alpha feature, and what is in
// the older field alone must be a claim or a snapshot, as it always was. old is
// nil for a new claim.
func prepareDataSources(spec, old *corev1.PersistentVolumeClaimSpec) {
	elsewhere := spec.DataSourceRef != nil && ptr.Deref(spec.DataSourceRef.Namespace, "") != ""
	if elsewhere && (old == nil || old.DataSourceRef == nil) {
		spec.DataSourceRef, elsewhere = nil, false
	}
	inUse := old != nil && (old.DataSource != nil || old.DataSourceRef != nil)
	if !inUse && spec.DataSourceRef == nil && !isClaimOrSnapshot(spec.DataSource) {
		spec.DataSource = nil
	}
	switch source, ref := spec.DataSource, spec.DataSourceRef; {
	case source != nil && ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: source.APIGroup, Kind: source.Kind, Name: source.Name}
	case source == nil && ref != nil && !elsewhere:
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: ref.APIGroup, Kind: ref.Kind, Name: ref.Name}
	}
}

func isClaimOrSnapshot(source *corev1.TypedLocalObjectReference) bool {
	if source == nil {
		return true
	}
	group := ptr.Deref(source.APIGroup, "")
	return source.Kind == "PersistentVolumeClaim" && group == "" || source.Kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io"
}

func persistentVolumeClaimWarnings(c, _ *corev1.PersistentVolumeClaim) []string {
	warnings := storageClassWarnings(c.Annotations)
	return append(warnings, podspec.ClaimWarnings(&c.Spec, field.NewPath("spec"))...)
}

func storageClassWarnings(annotations map[string]string) []string {
	if _, ok := annotations[betaStorageClass]; !ok {
		return nil
	}
	return []string{"metadata.annotations[" + betaStorageClass + `]: deprecated since v1.8; use "storageClassName" attribute instead`}
}

func persistentVolumeClaimRow(c *corev1.PersistentVolumeClaim, now time.Time) []any {
	phase := string(c.Status.Phase)
	if !c.DeletionTimestamp.IsZero() {
		phase = "Terminating"
	}
	capacity, modes := "", ""
	if c.Spec.VolumeName != "" {
		modes = accessModesCell(c.Status.AccessModes)
		size := c.Status.Capacity[corev1.ResourceStorage]
		capacity = size.String()
	}
	class, ok := c.Annotations[betaStorageClass]
	if !ok {
		class = ptr.Deref(c.Spec.StorageClassName, "")
	}
	return []any{
		c.Name, phase, c.Spec.VolumeName, capacity, modes, class,
		ptr.Deref(c.Spec.VolumeAttributesClassName, "<unset>"), Age(c.CreationTimestamp, now),
		string(ptr.Deref(c.Spec.VolumeMode, "<unset>")),
	}
}

// accessModeNames are in the order in which they are shown.
var accessModeNames = []struct {
	mode corev1.PersistentVolumeAccessMode
	name string
}{
	{corev1.ReadWriteOnce, "RWO"},
	{corev1.ReadOnlyMany, "ROX"},
	{corev1.ReadWriteMany, "RWX"},
	{corev1.ReadWriteOncePod, "RWOP"},
}

func accessModesCell(modes []corev1.PersistentVolumeAccessMode) string {
	var names []string
	for _, known := range accessModeNames {
		if slices.Contains(modes, known.mode) {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ",")
}
