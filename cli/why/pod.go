package why

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/health"
)

// pod explains a pod.
func (x *explainer) pod(ctx context.Context, a *answer, pod *corev1.Pod) {
	events := x.events(ctx, a, pod, "Pod")
	causes := x.podCauses(ctx, a, pod, events)
	a.add(causes...)
	if a.health.State == health.Ready && len(causes) == 0 {
		return
	}
	a.addEvents(events)
	suggestForPod(a, pod)
}

// podCauses is what keeps a pod from being ready, or did so not long ago.
func (x *explainer) podCauses(ctx context.Context, a *answer, pod *corev1.Pod, events []*corev1.Event) []cause {
	if pod.Status.Phase == corev1.PodSucceeded {
		return nil
	}
	var causes []cause
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" {
		causes = append(causes, causef("it failed: %s: %s", pod.Status.Reason, pod.Status.Message))
	}
	if pod.Spec.NodeName == "" {
		return append(causes, x.scheduling(ctx, a, pod)...)
	}
	causes = append(causes, x.nodeOf(ctx, pod)...)
	causes = append(causes, containerCauses(pod, events, x.now())...)
	if beingMade(pod) {
		causes = append(causes, x.missingSources(ctx, pod)...)
		causes = append(causes, x.claimsOf(ctx, a, pod)...)
	}
	return append(causes, readinessGates(pod)...)
}

// beingMade says whether a container of the pod has not been started yet.
func beingMade(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodPending && !slices.ContainsFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool {
		return s.State.Running != nil
	})
}

// nodeOf says what is wrong with the pod's node, if that can be why the pod is
// not ready.
func (x *explainer) nodeOf(ctx context.Context, pod *corev1.Pod) []cause {
	suspect := pod.Status.Phase == corev1.PodUnknown || len(pod.Status.ContainerStatuses) == 0 && pod.Status.Phase != corev1.PodFailed ||
		pod.DeletionTimestamp != nil
	for _, c := range pod.Status.Conditions {
		suspect = suspect || c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue && c.Reason == "NodeNotReady"
	}
	if !suspect {
		return nil
	}
	node := &corev1.Node{}
	if err := x.reader.Get(ctx, core("nodes"), "", pod.Spec.NodeName, node); err != nil {
		return details(fmt.Sprintf("its node %s can not be read: %v", pod.Spec.NodeName, err))
	}
	trouble := nodeCauses(node, x.now())
	if len(trouble) == 0 || nodeReady(node) {
		return nil
	}
	return []cause{causef("its node %s is not ready", node.Name).with(trouble...)}
}

func readinessGates(pod *corev1.Pod) []cause {
	var causes []cause
	for _, gate := range pod.Spec.ReadinessGates {
		state := "not set by anybody yet"
		for _, c := range pod.Status.Conditions {
			if c.Type == gate.ConditionType {
				state = string(c.Status)
				if c.Message != "" {
					state += ": " + c.Message
				}
			}
		}
		if state != string(corev1.ConditionTrue) {
			causes = append(causes, causef("its readiness gate %s is %s", gate.ConditionType, state))
		}
	}
	return causes
}

// suggestForPod adds the commands with which one would go on.
func suggestForPod(a *answer, pod *corev1.Pod) {
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	for _, status := range statuses {
		option := ""
		if len(pod.Spec.Containers)+len(pod.Spec.InitContainers) > 1 {
			option = " -c " + status.Name
		}
		switch {
		case status.State.Waiting != nil && status.LastTerminationState.Terminated != nil:
			a.suggest("logs %s%s --previous", pod.Name, option)
		case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			a.suggest("logs %s%s", pod.Name, option)
		case status.State.Running != nil && status.RestartCount > 0:
			a.suggest("logs %s%s --previous", pod.Name, option)
		case status.State.Running != nil && !status.Ready:
			a.suggest("logs %s%s", pod.Name, option)
		}
	}
	a.suggest("describe pod %s", pod.Name)
}
