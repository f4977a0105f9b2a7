package podspec

import (
	"encoding/json"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateAnnotations validates the annotations that mean something for pods.
func validateAnnotations(annotations map[string]string, spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if value, mirror := annotations[corev1.MirrorPodAnnotationKey]; mirror && spec.NodeName == "" {
		errs = append(errs, field.Invalid(fldPath.Key(corev1.MirrorPodAnnotationKey), value, "must set spec.nodeName if mirror pod annotation is set"))
	}
	errs = append(errs, validateTolerationsAnnotation(annotations[corev1.TolerationsAnnotationKey], fldPath)...)
	if cost, set := annotations[corev1.PodDeletionCost]; set && !isDeletionCost(cost) {
		errs = append(errs, field.Invalid(fldPath.Key(corev1.PodDeletionCost), cost, "must be a 32bit integer"))
	}
	errs = append(errs, validateSeccompAnnotations(annotations, fldPath)...)
	return append(errs, validateAppArmorAnnotations(annotations, spec, fldPath)...)
}

// isDeletionCost reports whether s is an integer in its canonical form.
func isDeletionCost(s string) bool {
	if s != "0" && strings.HasPrefix(strings.TrimPrefix(s, "-"), "0") || strings.HasPrefix(s, "+") {
		return false
	}
	_, err := strconv.ParseInt(s, 10, 32)
	return err == nil
}

func validateTolerationsAnnotation(value string, fldPath *field.Path) field.ErrorList {
	if value == "" {
		return nil
	}
	var tolerations []corev1.Toleration
	if err := json.Unmarshal([]byte(value), &tolerations); err != nil {
		return field.ErrorList{field.Invalid(fldPath, corev1.TolerationsAnnotationKey, err.Error())}
	}
	return ValidateTolerations(tolerations, fldPath.Child(corev1.TolerationsAnnotationKey))
}

// validateAnnotationUpdate lets all annotations of a pod change except those
// that were turned into something else when it was created.
func validateAnnotationUpdate(newPod, oldPod *corev1.Pod, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(oldPod.Annotations) {
		value, kept := newPod.Annotations[key]
		if kept && value == oldPod.Annotations[key] {
			continue
		}
		if what := fixedAnnotation(key); what != "" {
			errs = append(errs, field.Forbidden(fldPath.Key(key), "may not remove or update "+what))
		}
	}
	for _, key := range sortedKeys(newPod.Annotations) {
		if _, existed := oldPod.Annotations[key]; existed {
			continue
		}
		if what := fixedAnnotation(key); what != "" {
			errs = append(errs, field.Forbidden(fldPath.Key(key), "may not add "+what))
		}
	}
	return append(errs, validateAnnotations(newPod.Annotations, &newPod.Spec, fldPath)...)
}

// fixedAnnotation names an annotation that cannot change; "" if it can.
func fixedAnnotation(key string) string {
	switch {
	case strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix):
		return "AppArmor annotations"
	case key == corev1.MirrorPodAnnotationKey:
		return "mirror pod annotation"
	default:
		return ""
	}
}
