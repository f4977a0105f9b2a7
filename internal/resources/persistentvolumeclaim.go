package resources

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
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
			Validate: validatePersistentVolumeClaimStatus,
		},
		Fields: func(c *corev1.PersistentVolumeClaim) fields.Set { return fields.Set{"name": c.Name} },
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

// prepareDataSources lets dataSource be a claim or a snapshot only, as it was
// before dataSourceRef, and keeps the two in step. old is nil for a new claim.
func prepareDataSources(spec, old *corev1.PersistentVolumeClaimSpec) {
	ref := spec.DataSourceRef
	if ref != nil && ref.Namespace != nil {
		spec.DataSourceRef = nil // CrossNamespaceVolumeDataSource is off by default
		return
	}
	inUse := old != nil && (old.DataSource != nil || old.DataSourceRef != nil)
	if !inUse && !isClaimOrSnapshot(spec.DataSource) {
		spec.DataSource = nil
	}
	switch source := spec.DataSource; {
	case source != nil && ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: source.APIGroup, Kind: source.Kind, Name: source.Name}
	case source == nil && ref != nil:
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

func validatePersistentVolumeClaim(c *corev1.PersistentVolumeClaim) field.ErrorList {
	return podspec.ValidatePersistentVolumeClaimSpec(&c.Spec, field.NewPath("spec"))
}

func validatePersistentVolumeClaimUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	path := field.NewPath("spec")
	errs := validatePersistentVolumeClaim(c)
	if c.Annotations[betaStorageClass] != old.Annotations[betaStorageClass] {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations", betaStorageClass), c.Annotations[betaStorageClass],
			apivalidation.FieldImmutableErrorMsg))
	}
	errs = append(errs, validateClaimUnchanged(c, old, path)...)
	size, before, capacity := c.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage], old.Status.Capacity[corev1.ResourceStorage]
	if size.Cmp(before) < 0 && size.Cmp(capacity) <= 0 {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	errs = append(errs, apivalidation.ValidateImmutableField(c.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
	return append(errs, validateAttributesClassUpdate(c.Spec.VolumeAttributesClassName, old.Spec.VolumeAttributesClassName, path)...)
}

// validateClaimUnchanged lets a claim be bound once, get a storage class if it
// has none, and ask for another size once it is bound.
func validateClaimUnchanged(c, old *corev1.PersistentVolumeClaim, path *field.Path) field.ErrorList {
	now, was := c.Spec.DeepCopy(), old.Spec.DeepCopy()
	if was.VolumeName == "" {
		was.VolumeName = now.VolumeName
	}
	if annotation, ok := old.Annotations[betaStorageClass]; was.StorageClassName == nil && now.StorageClassName != nil &&
		(!ok || annotation == *now.StorageClassName) {
		was.StorageClassName = now.StorageClassName
	}
	if c.Status.Phase == corev1.ClaimBound && now.Resources.Requests != nil {
		now.Resources.Requests[corev1.ResourceStorage] = old.Spec.Resources.Requests[corev1.ResourceStorage]
	}
	now.VolumeAttributesClassName = was.VolumeAttributesClassName
	if equality.Semantic.DeepEqual(now, was) {
		return nil
	}
	return field.ErrorList{field.Forbidden(path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+
		diff.Diff(internalform.Of(was), internalform.Of(now)))}
}

func validateAttributesClassUpdate(class, old *string, path *field.Path) field.ErrorList {
	path = path.Child("volumeAttributesClassName")
	switch {
	case old == nil:
	case class == nil:
		return field.ErrorList{field.Forbidden(path, "update from non-nil value to nil is forbidden")}
	case *class == "" && *old != "":
		return field.ErrorList{field.Forbidden(path, "update from non-nil value to an empty string is forbidden")}
	}
	return nil
}

func validatePersistentVolumeClaimStatus(c, _ *corev1.PersistentVolumeClaim) field.ErrorList {
	var errs field.ErrorList
	for _, name := range sortedKeys(c.Status.Capacity) {
		path := field.NewPath("status", "capacity").Key(string(name))
		errs = append(errs, validateBasicResource(c.Status.Capacity[name], path)...)
	}
	return errs
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
