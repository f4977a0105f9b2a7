package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const onlyCPUAndMemory = "only cpu and memory resources are mutable"

// ValidatePodResize validates a change through the resize subresource, after
// [PrepareForResize]: only cpu and memory of containers, init containers and the
// pod as a whole can change, and none of their settings can go.
func ValidatePodResize(newPod, oldPod *corev1.Pod) field.ErrorList {
	root, spec := field.NewPath(""), field.NewPath("spec")
	if isMirrorPod(&oldPod.ObjectMeta) {
		return field.ErrorList{field.Forbidden(root, "static pods cannot be resized")}
	}
	if isOS(&oldPod.Spec, corev1.Windows) {
		return field.ErrorList{field.Forbidden(root, "windows pods cannot be resized")}
	}
	errs := validatePod(newPod)
	if QOSClass(oldPod) != ComputeQOSClass(newPod) {
		errs = append(errs, field.Invalid(spec, newPod.Status.QOSClass, "Pod QOS Class may not change as a result of resizing"))
	}
	if !isResizeSupported(oldPod) {
		errs = append(errs, field.Forbidden(spec, "Pod running on node without support for resize"))
	}
	if hasResources(newPod) || hasResources(oldPod) {
		errs = append(errs, validatePodLevelResize(newPod.Spec.Resources, oldPod.Spec.Resources, spec)...)
	}
	if orderErrs := validateSameContainers(newPod, oldPod, spec); len(orderErrs) > 0 {
		return append(errs, orderErrs...)
	}
	errs = append(errs, validateSettingsKept(newPod.Spec.InitContainers, oldPod.Spec.InitContainers, spec.Child("initContainers"))...)
	errs = append(errs, validateSettingsKept(newPod.Spec.Containers, oldPod.Spec.Containers, spec.Child("containers"))...)
	errs = append(errs, validateContainerResizes(newPod.Spec.Containers, oldPod.Spec.Containers, spec)...)
	errs = append(errs, validateInitContainerResizes(newPod.Spec.InitContainers, oldPod.Spec.InitContainers, spec.Child("initContainers"))...)
	if len(errs) > 0 || equality.Semantic.DeepEqual(withoutResize(&newPod.Spec, &oldPod.Spec), &oldPod.Spec) {
		return errs
	}
	return field.ErrorList{field.Forbidden(spec, onlyCPUAndMemory)}
}

// isResizeSupported reports whether the pod's node reports resources, as far as
// running containers show.
func isResizeSupported(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Running != nil {
			return c.Resources != nil
		}
	}
	return true
}

// validateSameContainers rejects adding, removing, reordering and renaming.
func validateSameContainers(newPod, oldPod *corev1.Pod, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, list := range []struct {
		name         string
		newer, older []corev1.Container
	}{
		{"containers", newPod.Spec.Containers, oldPod.Spec.Containers},
		{"initContainers", newPod.Spec.InitContainers, oldPod.Spec.InitContainers},
	} {
		path := specPath.Child(list.name)
		if len(list.newer) != len(list.older) {
			errs = append(errs, field.Forbidden(path, list.name+" may not be added or removed on resize"))
			continue
		}
		for i := range list.older {
			if list.newer[i].Name != list.older[i].Name {
				errs = append(errs, field.Forbidden(path.Index(i).Child("name"), list.name+" may not be renamed or reordered on resize"))
			}
		}
	}
	return errs
}

// hasResources reports whether a pod has resources of its own.
func hasResources(pod *corev1.Pod) bool {
	return pod.Spec.Resources != nil && len(pod.Spec.Resources.Requests)+len(pod.Spec.Resources.Limits) > 0
}

func validatePodLevelResize(newer, older *corev1.ResourceRequirements, specPath *field.Path) field.ErrorList {
	path := specPath.Child("resources")
	if older != nil && newer == nil {
		return field.ErrorList{field.Forbidden(path, "pod-level resources cannot be removed")}
	}
	var errs field.ErrorList
	if older != nil {
		errs = append(errs, validateNotRemoved(newer, older, "pod-level resource ", path)...)
	}
	if !equality.Semantic.DeepEqual(withOldPodLevel(newer, older), older) {
		errs = append(errs, field.Forbidden(specPath, onlyCPUAndMemory+" at pod-level"))
	}
	return errs
}

// validateNotRemoved requires newer to set all that older sets.
func validateNotRemoved(newer, older *corev1.ResourceRequirements, what string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if lacksAny(newer.Requests, older.Requests) {
		errs = append(errs, field.Forbidden(path.Child("requests"), what+"requests cannot be removed"))
	}
	if lacksAny(newer.Limits, older.Limits) {
		errs = append(errs, field.Forbidden(path.Child("limits"), what+"limits cannot be removed"))
	}
	return errs
}

func lacksAny(list, wanted corev1.ResourceList) bool {
	for name := range wanted {
		if _, found := list[name]; !found {
			return true
		}
	}
	return false
}

// validateSettingsKept requires that containers keep all settings that they have.
func validateSettingsKept(newer, older []corev1.Container, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range older {
		errs = append(errs, validateNotRemoved(&newer[i].Resources, &older[i].Resources, "resource ", fldPath.Index(i).Child("resources"))...)
	}
	return errs
}

func validateContainerResizes(newer, older []corev1.Container, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range older {
		if !equality.Semantic.DeepEqual(withOldResources(&newer[i], &older[i]), &older[i]) {
			errs = append(errs, field.Forbidden(specPath, onlyCPUAndMemory))
		}
	}
	return errs
}

func validateInitContainerResizes(newer, older []corev1.Container, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range older {
		path := fldPath.Index(i)
		if !equality.Semantic.DeepEqual(withOldResources(&newer[i], &older[i]), &older[i]) {
			errs = append(errs, field.Forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"))
		}
		if IsSidecar(&newer[i]) || equality.Semantic.DeepEqual(newer[i], older[i]) {
			continue
		}
		for _, p := range newer[i].ResizePolicy {
			if p.RestartPolicy == corev1.RestartContainer {
				errs = append(errs, field.Forbidden(path, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"))
			}
		}
	}
	return errs
}

// withoutResize returns newer as it would be without the resize.
func withoutResize(newer, older *corev1.PodSpec) *corev1.PodSpec {
	masked := newer.DeepCopy()
	masked.Resources = withOldPodLevel(masked.Resources, older.Resources)
	for i := range masked.Containers {
		masked.Containers[i] = *withOldResources(&masked.Containers[i], &older.Containers[i])
	}
	for i := range masked.InitContainers {
		masked.InitContainers[i] = *withOldResources(&masked.InitContainers[i], &older.InitContainers[i])
	}
	return masked
}

// withOldResources returns newer with the cpu and memory of older. Claims, and
// how resources are resized, cannot change either.
func withOldResources(newer, older *corev1.Container) *corev1.Container {
	masked := newer.DeepCopy()
	masked.Resources.Requests = withOldCPUAndMemory(newer.Resources.Requests, older.Resources.Requests)
	masked.Resources.Limits = withOldCPUAndMemory(newer.Resources.Limits, older.Resources.Limits)
	return masked
}

func withOldPodLevel(newer, older *corev1.ResourceRequirements) *corev1.ResourceRequirements {
	if newer == nil {
		return nil
	}
	var before corev1.ResourceRequirements
	if older != nil {
		before = *older
	}
	masked := newer.DeepCopy()
	masked.Requests = withOldCPUAndMemory(newer.Requests, before.Requests)
	masked.Limits = withOldCPUAndMemory(newer.Limits, before.Limits)
	if older == nil && len(masked.Requests)+len(masked.Limits)+len(masked.Claims) == 0 {
		return nil
	}
	return masked
}

func withOldCPUAndMemory(newer, older corev1.ResourceList) corev1.ResourceList {
	if newer == nil && older == nil {
		return nil
	}
	masked := corev1.ResourceList{}
	for name, quantity := range newer {
		masked[name] = quantity
	}
	for _, name := range resizableResources {
		delete(masked, name)
		if quantity, found := older[name]; found {
			masked[name] = quantity
		}
	}
	return masked
}
