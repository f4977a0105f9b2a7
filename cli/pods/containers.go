package pods

import (
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/factory"
)

// DefaultContainerAnnotation names the container that commands mean unless
// told another.
const DefaultContainerAnnotation = "kubectl.kubernetes.io/default-container"

// Container finds a container of any sort by name, and the field it is in. It
// is nil if there is none.
func Container(pod *corev1.Pod, name string) (*corev1.Container, string) {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == name {
			return &pod.Spec.Containers[i], fmt.Sprintf("spec.containers{%s}", name)
		}
	}
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == name {
			return &pod.Spec.InitContainers[i], fmt.Sprintf("spec.initContainers{%s}", name)
		}
	}
	for i := range pod.Spec.EphemeralContainers {
		if pod.Spec.EphemeralContainers[i].Name == name {
			common := &pod.Spec.EphemeralContainers[i].EphemeralContainerCommon
			return (*corev1.Container)(common), fmt.Sprintf("spec.ephemeralContainers{%s}", name)
		}
	}
	return nil, ""
}

// ChosenContainer is the container of the given name or, without one, of the
// pod's annotation or, without that, the first; a choice among several is told
// on w, which may be nil.
func ChosenContainer(f *factory.Factory, pod *corev1.Pod, name string, w io.Writer) (*corev1.Container, error) {
	if len(pod.Spec.Containers) == 0 {
		return nil, fmt.Errorf("pod %s/%s does not have any containers", pod.Namespace, pod.Name)
	}
	if annotated := pod.Annotations[DefaultContainerAnnotation]; name == "" && annotated != "" {
		f.Log.Infof(4, "podcmd.go:67", "Attempting default container name from annotation %s", annotated)
		name = annotated
	}
	if name != "" {
		container, _ := Container(pod, name)
		if container == nil {
			return nil, fmt.Errorf("container %s is not valid for pod %s out of: %s", name, pod.Name, ContainerNames(pod))
		}
		return container, nil
	}
	first := &pod.Spec.Containers[0]
	if w != nil && SeveralContainers(pod) {
		fmt.Fprintf(w, "Defaulted container %q out of: %s\n", first.Name, ContainerNames(pod))
	}
	f.Log.Infof(4, "podcmd.go:84", "Using the first container in a pod: %s", first.Name)
	return first, nil
}

// SeveralContainers says whether there is a choice.
func SeveralContainers(pod *corev1.Pod) bool {
	return len(pod.Spec.Containers) > 1 || len(pod.Spec.InitContainers) > 0 || len(pod.Spec.EphemeralContainers) > 0
}

// ContainerNames lists all containers, and what is special about them.
func ContainerNames(pod *corev1.Pod) string {
	var names []string
	for _, container := range pod.Spec.Containers {
		names = append(names, container.Name)
	}
	for _, container := range pod.Spec.EphemeralContainers {
		names = append(names, container.Name+" (ephem)")
	}
	for _, container := range pod.Spec.InitContainers {
		names = append(names, container.Name+" (init)")
	}
	return strings.Join(names, ", ")
}
