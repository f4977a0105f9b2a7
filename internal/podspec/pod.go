package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidatePodCreate validates a pod that is about to be created, after
// [SetPodDefaults] and [PrepareForCreate]. As everywhere in this package,
// metadata has been checked before, but for what concerns the spec.
func ValidatePodCreate(pod *corev1.Pod) field.ErrorList {
	errs := validatePod(pod)
	spec := field.NewPath("spec")
	if len(pod.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("ephemeralContainers"), "cannot be set on create"))
	}
	if pod.Spec.NodeName != "" && len(pod.Spec.SchedulingGates) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("nodeName"), "cannot be set until all schedulingGates have been cleared"))
	}
	errs = append(errs, validateSeccompMatch(&pod.ObjectMeta, &pod.Spec, spec)...)
	return append(errs, validateAppArmorMatch(&pod.ObjectMeta, &pod.Spec, spec)...)
}

// validatePod validates what holds for a pod at all times.
func validatePod(pod *corev1.Pod) field.ErrorList {
	metadata, spec := field.NewPath("metadata"), field.NewPath("spec")
	errs := validateAnnotations(pod.Annotations, &pod.Spec, metadata.Child("annotations"))
	errs = append(errs, validateSpec(&pod.Spec, &pod.ObjectMeta, spec)...)
	if pod.Spec.ServiceAccountName == "" {
		errs = append(errs, forbidTokens(pod.Spec.Volumes, spec.Child("volumes"))...)
	}
	for i := range pod.Spec.Containers {
		errs = append(errs, validateImageUnpadded(&pod.Spec.Containers[i], spec.Child("containers").Index(i))...)
	}
	for i := range pod.Spec.InitContainers {
		errs = append(errs, validateImageUnpadded(&pod.Spec.InitContainers[i], spec.Child("initContainers").Index(i))...)
	}
	return errs
}

// forbidTokens rejects projected tokens of a service account that the pod does
// not have.
func forbidTokens(volumes []corev1.Volume, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, v := range volumes {
		if v.Projected == nil {
			continue
		}
		for j, source := range v.Projected.Sources {
			if source.ServiceAccountToken != nil {
				errs = append(errs, field.Forbidden(fldPath.Index(i).Child("projected", "sources").Index(j).Child("serviceAccountToken"),
					"must not be specified when serviceAccountName is not set"))
			}
		}
	}
	return errs
}

// ValidateTemplate validates a defaulted pod template, of whatever object.
func ValidateTemplate(template *corev1.PodTemplateSpec, fldPath *field.Path) field.ErrorList {
	annotations, spec := fldPath.Child("annotations"), fldPath.Child("spec")
	errs := ValidateLabels(template.Labels, fldPath.Child("labels"))
	errs = append(errs, ValidateAnnotations(template.Annotations, annotations)...)
	errs = append(errs, validateAnnotations(template.Annotations, &template.Spec, annotations)...)
	errs = append(errs, validateSpec(&template.Spec, nil, spec)...)
	errs = append(errs, validateSeccompMatch(&template.ObjectMeta, &template.Spec, spec)...)
	if len(template.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("ephemeralContainers"), "ephemeral containers not allowed in pod template"))
	}
	return errs
}
