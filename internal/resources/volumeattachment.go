package resources

import (
	"math"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

// Limits of what an attacher reports.
const (
	maxAttachmentMetadata  = 256 << 10
	maxVolumeErrorMessage  = 1024
	exactlyOneVolumeSource = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
)

func volumeAttachment() *Kind {
	type attachment = *storagev1.VolumeAttachment
	return define(Definition[attachment]{
		Name: "VolumeAttachment", Resource: "volumeattachments", ClusterScoped: true,
		RevalidatesName:           true,
		ReturnDeleted:             true,
		Version:                   storagev1.SchemeGroupVersion,
		Validate:                  validateVolumeAttachment,
		ValidateUpdate:            validateVolumeAttachmentUpdate,
		RefuseUnconditionalUpdate: true,
		Status: &Status[attachment]{
			Copy:     func(to, from attachment) { to.Status = *from.Status.DeepCopy() },
			Resets:   [][]string{{"metadata"}},
			Validate: validateVolumeAttachmentUpdate,
		},
		Columns: volumeAttachmentColumns(),
		Row: func(a attachment, now time.Time) []any {
			return []any{
				a.Name, a.Spec.Attacher, ptr.Deref(a.Spec.Source.PersistentVolumeName, ""), a.Spec.NodeName,
				a.Status.Attached, Age(a.CreationTimestamp, now),
			}
		},
	})
}

func volumeAttachmentColumns() []metav1.TableColumnDefinition {
	attacher := Column("Attacher", storagev1.VolumeAttachmentSpec{}.SwaggerDoc()["attacher"])
	attacher.Format = "name"
	return []metav1.TableColumnDefinition{
		NameColumn(),
		attacher,
		Column("PV", storagev1.VolumeAttachmentSource{}.SwaggerDoc()["persistentVolumeName"]),
		Column("Node", storagev1.VolumeAttachmentSpec{}.SwaggerDoc()["nodeName"]),
		Boolean(Column("Attached", storagev1.VolumeAttachmentStatus{}.SwaggerDoc()["attached"])),
		AgeColumn(),
	}
}

func validateVolumeAttachment(a *storagev1.VolumeAttachment) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if a.Spec.Attacher == "" {
		errs = append(errs, field.Required(path.Child("attacher"), ""))
	}
	errs = append(errs, validateVolumeAttachmentSource(&a.Spec.Source, path.Child("source"))...)
	errs = append(errs, validateAsName(path.Child("nodeName"), a.Spec.NodeName, apivalidation.NameIsDNSSubdomain)...)
	errs = append(errs, validateVolumeAttachmentStatus(&a.Status, field.NewPath("status"))...)
	errs = append(errs, podspec.ValidateCSIDriverName(a.Spec.Attacher, path.Child("attacher"))...)
	if name := a.Spec.Source.PersistentVolumeName; name != nil {
		errs = append(errs, validateAsName(path.Child("source", "persistentVolumeName"), *name, apivalidation.NameIsDNSSubdomain)...)
	}
	return errs
}

func validateVolumeAttachmentSource(s *storagev1.VolumeAttachmentSource, path *field.Path) field.ErrorList {
	switch {
	case s.InlineVolumeSpec == nil && s.PersistentVolumeName == nil:
		return field.ErrorList{field.Required(path, exactlyOneVolumeSource)}
	case s.InlineVolumeSpec != nil && s.PersistentVolumeName != nil:
		return field.ErrorList{field.Forbidden(path, exactlyOneVolumeSource)}
	case s.PersistentVolumeName != nil && *s.PersistentVolumeName == "":
		return field.ErrorList{field.Required(path.Child("persistentVolumeName"), "must specify non empty persistentVolumeName")}
	}
	return nil
}

func validateVolumeAttachmentStatus(s *storagev1.VolumeAttachmentStatus, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	size := 0
	for key, value := range s.AttachmentMetadata {
		size += len(key) + len(value)
	}
	if size > maxAttachmentMetadata {
		errs = append(errs, field.TooLong(path.Child("attachmentMetadata"), "", maxAttachmentMetadata))
	}
	errs = append(errs, validateVolumeError(s.AttachError, path.Child("attachError"))...)
	return append(errs, validateVolumeError(s.DetachError, path.Child("detachError"))...)
}

func validateVolumeError(e *storagev1.VolumeError, path *field.Path) field.ErrorList {
	if e == nil {
		return nil
	}
	var errs field.ErrorList
	if len(e.Message) > maxVolumeErrorMessage {
		// The limit that the message names is not the one that is checked, as
		// in Kubernetes.
		errs = append(errs, field.TooLong(path.Child("message"), "", maxAttachmentMetadata))
	}
	if e.ErrorCode != nil && *e.ErrorCode < 0 {
		errs = append(errs, field.Invalid(path.Child("errorCode"), *e.ErrorCode, validation.InclusiveRangeError(0, math.MaxInt32)))
	}
	return errs
}

func validateVolumeAttachmentUpdate(a, old *storagev1.VolumeAttachment) field.ErrorList {
	errs := validateVolumeAttachment(a)
	if !equality.Semantic.DeepEqual(a.Spec, old.Spec) {
		errs = append(errs, field.Invalid(field.NewPath("spec"), internalform.Of(a.Spec), apivalidation.FieldImmutableErrorMsg))
	}
	return errs
}
