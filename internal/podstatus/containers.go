// Package podstatus finds the containers that clients mean in what the status
// of a pod says, with the answers of a real kubelet where there are none. It
// serves whoever gives clients logs and streams, whatever runs the containers.
package podstatus

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// IDPrefix is how the API shows whose IDs those of containers are.
const IDPrefix = "containerd://"

// Container finds the status of a container in a pod, nil when there is none.
func Container(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{
		pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses, pod.Status.EphemeralContainerStatuses,
	} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// Running is the ID of a container that runs.
func Running(pod *corev1.Pod, name string) (string, error) {
	status := Container(pod, name)
	if status == nil || status.State.Running == nil {
		return "", NotFound(name)
	}
	return strings.TrimPrefix(status.ContainerID, IDPrefix), nil
}

// NotFound is a kubelet's answer where a container does not run.
func NotFound(name string) error {
	return apierrors.NewInternalError(fmt.Errorf("container not found (%q)", name))
}

// Logged is the ID of the container whose log is asked for: the latest that has
// run, or the one before it.
func Logged(pod *corev1.Pod, options *corev1.PodLogOptions) (string, error) {
	status := Container(pod, options.Container)
	if status == nil {
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is not available", options.Container, pod.Name))
	}
	state, last := status.State, status.LastTerminationState
	id := ""
	switch {
	case options.Previous:
		if last.Terminated == nil || last.Terminated.ContainerID == "" {
			return "", apierrors.NewBadRequest(fmt.Sprintf("previous terminated container %q in pod %q not found", options.Container, pod.Name))
		}
		id = last.Terminated.ContainerID
	case state.Running != nil:
		id = status.ContainerID
	case state.Terminated != nil && state.Terminated.ContainerID != "":
		id = state.Terminated.ContainerID
	case last.Terminated != nil && last.Terminated.ContainerID != "":
		id = last.Terminated.ContainerID
	default:
		return "", waiting(pod, options.Container, state.Waiting)
	}
	return strings.TrimPrefix(id, IDPrefix), nil
}

// NoLog is a kubelet's answer where the log of a container is gone.
func NoLog(id string) error {
	return apierrors.NewBadRequest(fmt.Sprintf("unable to retrieve container logs for %s%s", IDPrefix, id))
}

// waiting says why a container has no log yet.
func waiting(pod *corev1.Pod, name string, w *corev1.ContainerStateWaiting) error {
	why := ""
	switch {
	case w == nil:
		return apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is waiting to start - no logs yet", name, pod.Name))
	case w.Reason == "ErrImagePull":
		why = "image can't be pulled"
	case w.Reason == "ImagePullBackOff":
		why = "trying and failing to pull image"
	default:
		why = w.Reason
	}
	return apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is waiting to start: %s", name, pod.Name, why))
}
