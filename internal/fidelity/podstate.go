package fidelity

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// report writes into pods' status what their kubelet would.
func (p *player) report(ctx context.Context, args []string) ([]string, error) {
	state, code := args[2], 1
	if len(args) > 3 {
		var err error
		if code, err = strconv.Atoi(args[3]); err != nil {
			return nil, err
		}
	}
	other := func(pod map[string]any) bool { return staying(pod) && stateOf(pod) != state }
	return p.eachPod(ctx, args[0], args[1], other, func(path string, pod map[string]any) []string {
		body, err := json.Marshal(map[string]any{"status": p.status(pod, state, int32(code))})
		if err != nil {
			return []string{err.Error()}
		}
		return p.send(ctx, http.MethodPatch, path+"/status", body, "Content-Type: application/strategic-merge-patch+json")
	})
}

// stateOf is the state that a pod has been given, as steps call it.
func stateOf(object map[string]any) string {
	pod, err := asPod(object)
	switch {
	case err != nil:
		return err.Error()
	case pod.Status.Phase == corev1.PodSucceeded:
		return "succeeded"
	case pod.Status.Phase == corev1.PodFailed:
		return "failed"
	case pod.Status.Phase != corev1.PodRunning:
		return ""
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			return "ready"
		}
		if c.Type == corev1.PodReady && c.Reason == "ContainersNotReady" {
			return "unready"
		}
	}
	return "running"
}

func asPod(object map[string]any) (*corev1.Pod, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	return pod, json.Unmarshal(text, pod)
}

// status is that of a pod in a state, with an address of its own.
func (p *player) status(object map[string]any, state string, code int32) *corev1.PodStatus {
	pod, err := asPod(object)
	if err != nil {
		panic(err) // it is what a server says a pod is
	}
	now := metav1.NewTime(p.now())
	status := &corev1.PodStatus{
		Phase:     corev1.PodRunning,
		StartTime: &now,
		HostIP:    "192.168.1.1", HostIPs: []corev1.HostIP{{IP: "192.168.1.1"}},
		PodIP: pod.Status.PodIP, PodIPs: pod.Status.PodIPs,
	}
	if status.PodIP == "" {
		p.pods++
		status.PodIP = fmt.Sprintf("10.244.100.%d", p.pods)
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}
	ready := corev1.PodCondition{Status: corev1.ConditionFalse, LastTransitionTime: now}
	container := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	switch state {
	case "ready":
		ready.Status = corev1.ConditionTrue
	case "unready":
		ready.Reason = "ContainersNotReady"
	case "succeeded":
		status.Phase, ready.Reason = corev1.PodSucceeded, "PodCompleted"
		container = terminated(0, now)
	case "failed":
		status.Phase, ready.Reason = corev1.PodFailed, "PodFailed"
		container = terminated(code, now)
	}
	for _, kind := range []corev1.PodConditionType{corev1.PodReady, corev1.ContainersReady} {
		ready.Type = kind
		status.Conditions = append(status.Conditions, ready)
	}
	for _, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, State: container,
			Ready: ready.Status == corev1.ConditionTrue, Started: ptr.To(container.Running != nil),
		})
	}
	return status
}

func terminated(code int32, at metav1.Time) corev1.ContainerState {
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, StartedAt: at, FinishedAt: at,
	}}
}
