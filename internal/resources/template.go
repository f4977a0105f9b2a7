package resources

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

// What the kinds have in common that make pods of a template.

// validateRunningTemplate checks the template of pods that are to run forever:
// it must match the selector, and its pods must be restarted.
func validateRunningTemplate(kind string, t *corev1.PodTemplateSpec, selector labels.Selector, path *field.Path) field.ErrorList {
	errs := validateTemplateMatches(t, selector, path)
	errs = append(errs, podspec.ValidateTemplate(t, path)...)
	return append(errs, validateRunsForever(kind, t, path)...)
}

// validateTemplateMatches lets no kind make pods that it would not find again.
func validateTemplateMatches(t *corev1.PodTemplateSpec, selector labels.Selector, path *field.Path) field.ErrorList {
	if selector.Empty() || selector.Matches(labels.Set(t.Labels)) {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("metadata", "labels"), t.Labels, "`selector` does not match template `labels`")}
}

func validateRunsForever(kind string, t *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	spec := path.Child("spec")
	errs := validateOneOf(spec.Child("restartPolicy"), t.Spec.RestartPolicy, corev1.RestartPolicyAlways)
	if t.Spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(spec.Child("activeDeadlineSeconds"), "activeDeadlineSeconds in "+kind+" is not Supported"))
	}
	return errs
}

// validateRequiredSelector checks a selector that must select something; kind
// is how the message calls the object.
func validateRequiredSelector(kind string, s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	if s == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	errs := validateSelector(s, path)
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		errs = append(errs, field.Invalid(path, s, "empty selector is invalid for "+kind))
	}
	return errs
}

// nameWarnings are about names of objects that are valid, but make invalid
// host names of their pods.
func nameWarnings(name string) []string {
	msgs := validation.IsDNS1123Label(name)
	if len(msgs) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: %v", msgs)}
}

// templateWarnings are those of a new object, or of one whose spec was changed.
func templateWarnings[T interface {
	comparable
	metav1.Object
}](obj, old T, t *corev1.PodTemplateSpec) []string {
	var none T
	path := field.NewPath("spec", "template")
	switch {
	case old == none:
		return append(nameWarnings(obj.GetName()), podspec.TemplateWarnings(t, path)...)
	case obj.GetGeneration() != old.GetGeneration():
		return podspec.TemplateWarnings(t, path)
	}
	return nil
}

// containerColumns are the wide columns of kinds with a pod template.
func containerColumns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		Wide(Column("Containers", "Names of each container in the template.")),
		Wide(Column("Images", "Images referenced by each container in the template.")),
	}
}

// containerCells are the names and the images of containers.
func containerCells(containers []corev1.Container) (names, images string) {
	n, i := make([]string, len(containers)), make([]string, len(containers))
	for at, c := range containers {
		n[at], i[at] = c.Name, c.Image
	}
	return strings.Join(n, ","), strings.Join(i, ",")
}

// scaleSelector is a selector as a Scale has it, "" if it is none.
func scaleSelector(s *metav1.LabelSelector) string { return scaleSelectorOr(s, "") }

func scaleSelectorOr(s *metav1.LabelSelector, invalid string) string {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return invalid
	}
	return selector.String()
}
