package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
