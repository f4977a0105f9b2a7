package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ResolveContainer returns the name of the container that a request for logs,
// exec or attach means: the one it names, or the only one. Errors are bad
// requests.
func ResolveContainer(pod *corev1.Pod, name string) (string, error) {
	var names []string
	found := false
	VisitContainers(&pod.Spec, nil, func(c *corev1.Container, _ *field.Path) {
		names = append(names, c.Name)
		found = found || c.Name == name
	})
	switch {
	case name != "" && !found:
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
	case name != "":
		return name, nil
	case len(pod.Spec.Containers) == 1:
		return pod.Spec.Containers[0].Name, nil
	case len(pod.Spec.Containers) == 0:
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s", pod.Name))
	default:
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: %s", pod.Name, names))
	}
}

// ValidateBinding validates the assignment of a pod to a node.
func ValidateBinding(binding *corev1.Binding) field.ErrorList {
	var errs field.ErrorList
	target := field.NewPath("target")
	if kind := binding.Target.Kind; kind != "" && kind != "Node" {
		errs = append(errs, field.NotSupported(target.Child("kind"), kind, []string{"Node", "<empty>"}))
	}
	return append(errs, requireFields(target, fieldValue{"name", binding.Target.Name})...)
}

// logStreams are the streams that logs can be asked of.
var logStreams = []string{corev1.LogStreamAll, corev1.LogStreamStderr, corev1.LogStreamStdout}

// ValidateLogOptions validates the options of a request for logs. An absent
// stream means all.
func ValidateLogOptions(options *corev1.PodLogOptions) field.ErrorList {
	var errs field.ErrorList
	if lines := options.TailLines; lines != nil && *lines < 0 {
		errs = append(errs, field.Invalid(field.NewPath("tailLines"), *lines, apivalidation.IsNegativeErrorMsg))
	}
	if limit := options.LimitBytes; limit != nil && *limit < 1 {
		errs = append(errs, field.Invalid(field.NewPath("limitBytes"), *limit, "must be greater than 0"))
	}
	if seconds := options.SinceSeconds; seconds != nil {
		switch {
		case options.SinceTime != nil:
			errs = append(errs, field.Forbidden(field.NewPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
		case *seconds < 1:
			errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), *seconds, "must be greater than 0"))
		}
	}
	errs = append(errs, supportedOptional(field.NewPath("stream"), options.Stream, logStreams)...)
	if s := options.Stream; s != nil && *s != corev1.LogStreamAll && options.TailLines != nil {
		errs = append(errs, field.Forbidden(field.NewPath(""), "`tailLines` and specific `stream` are mutually exclusive for now"))
	}
	return errs
}
