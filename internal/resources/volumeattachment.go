package resources

import (
	"math"
	"time"
	"unicode/utf8"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// Limits of an attacher, and of what it reports.
const (
	maxAttacher            = 63
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
		Default:                   defaultVolumeAttachment,
		Validate:                  validateVolumeAttachment,
		ValidateUpdate:            validateVolumeAttachmentUpdate,
		RefuseUnconditionalUpdate: true,
		Status: &Status[attachment]{
			Copy:     func(to, from attachment) { to.Status = *from.Status.DeepCopy() },
			Keep:     keepMetadata[attachment],
			Resets:   [][]string{{"metadata"}},
			Validate: validateVolumeAttachmentUpdate,

			RevalidatesName: true,
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

func defaultVolumeAttachment(a *storagev1.VolumeAttachment) {
	if inline := a.Spec.Source.InlineVolumeSpec; inline != nil {
		defaultVolumeSource(&inline.PersistentVolumeSource)
	}
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

// validateVolumeAttachment checks a new attachment, the driver of which is
// declared.
func validateVolumeAttachment(a *storagev1.VolumeAttachment) field.ErrorList {
	errs := validateAttachedVolume(a)
	path := field.NewPath("spec", "attacher")
	if a.Spec.Attacher == "" {
		return append(errs, field.Required(path, "").MarkBeta())
	}
	errs = append(errs, validateAs(path, a.Spec.Attacher, content.IsDNS1123SubdomainCaseless).MarkBeta()...)
	if utf8.RuneCountInString(a.Spec.Attacher) > maxAttacher {
		errs = append(errs, field.TooLongCharacters(path, a.Spec.Attacher, maxAttacher).MarkBeta())
	}
	return errs
}

func validateVolumeAttachmentUpdate(a, old *storagev1.VolumeAttachment) field.ErrorList {
	errs := podspec.ValidateCSIDriverName(a.Spec.Attacher, field.NewPath("spec", "attacher"))
	errs = append(errs, validateAttachedVolume(a)...)
	return append(errs, validateUnchanged(field.NewPath("spec"), a.Spec, old.Spec)...)
}

// validateAttachedVolume checks all but the driver.
func validateAttachedVolume(a *storagev1.VolumeAttachment) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateVolumeAttachmentSource(&a.Spec.Source, path.Child("source"))
	errs = append(errs, validateAsName(path.Child("nodeName"), a.Spec.NodeName, apivalidation.NameIsDNSSubdomain)...)
	errs = append(errs, validateVolumeAttachmentStatus(&a.Status, field.NewPath("status"))...)
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
	case s.InlineVolumeSpec != nil:
		return validateInlineVolume(s.InlineVolumeSpec, path.Child("inlineVolumeSpec"))
	case *s.PersistentVolumeName == "":
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
		errs = append(errs, field.TooLong(path.Child("message"), "", maxVolumeErrorMessage))
	}
	if e.ErrorCode != nil && *e.ErrorCode < 0 {
		errs = append(errs, field.Invalid(path.Child("errorCode"), *e.ErrorCode, validation.InclusiveRangeError(0, math.MaxInt32)))
	}
	return errs
}
