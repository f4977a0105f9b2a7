package health

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// OfPod is Of for a pod that was read as its Go type.
func OfPod(pod *corev1.Pod) Health {
	if pod.DeletionTimestamp != nil {
		return terminating(pod)
	}
	return ofPod(pod)
}

func ofPod(pod *corev1.Pod) Health {
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		return ready("Completed")
	case corev1.PodFailed:
		return failed("%s", cmp.Or(pod.Status.Reason, containerTrouble(pod), "Failed"))
	}
	if trouble := containerTrouble(pod); trouble != "" {
		return progressing("%s", trouble)
	}
	for _, c := range pod.Status.Conditions {
		switch {
		case c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue:
			return ready("Running")
		case c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason != "":
			return progressing("%s", c.Reason)
		}
	}
	if pod.Status.Phase == corev1.PodPending && initializing(pod) {
		return progressing("Init:%d/%d", ended(pod.Status.InitContainerStatuses), len(pod.Spec.InitContainers))
	}
	if pod.Status.Phase == corev1.PodRunning {
		n, all := readyContainers(pod)
		return progressing("Running, %d of %d containers ready", n, all)
	}
	return progressing("%s", cmp.Or(string(pod.Status.Phase), string(corev1.PodPending)))
}

// containerTrouble is why the first container that does not run does not, ""
// if all run or are just being made.
func containerTrouble(pod *corev1.Pod) string {
	for _, status := range pod.Status.InitContainerStatuses {
		if reason := trouble(status.State); reason != "" {
			return "Init:" + reason
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		if reason := trouble(status.State); reason != "" {
			return reason
		}
	}
	return ""
}

// trouble is why a container does not run. One that ended well is no trouble.
func trouble(state corev1.ContainerState) string {
	switch {
	case state.Waiting != nil && state.Waiting.Reason != "PodInitializing" && state.Waiting.Reason != "ContainerCreating":
		return state.Waiting.Reason
	case state.Terminated != nil && state.Terminated.ExitCode != 0:
		return cmp.Or(state.Terminated.Reason, fmt.Sprintf("ExitCode:%d", state.Terminated.ExitCode))
	}
	return ""
}

func readyContainers(pod *corev1.Pod) (ready, all int) {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Ready {
			ready++
		}
	}
	return ready, len(pod.Spec.Containers)
}

// initializing says whether an init container is at work.
func initializing(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.InitContainerStatuses, func(s corev1.ContainerStatus) bool { return s.State.Running != nil && !s.Ready })
}

func ended(statuses []corev1.ContainerStatus) int {
	n := 0
	for _, status := range statuses {
		if status.Ready || status.State.Terminated != nil && status.State.Terminated.ExitCode == 0 {
			n++
		}
	}
	return n
}
