package describe

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

func describePod(ctx context.Context, w *writer, pod *corev1.Pod, r *related) error {
	w.podIdentity(pod)
	w.podStatus(pod)
	if pod.Spec.Resources != nil {
		w.section("Resources").resources(pod.Spec.Resources)
	}
	if len(pod.Spec.InitContainers) > 0 {
		w.containers("", "Init Containers", pod.Spec.InitContainers, pod.Status.InitContainerStatuses, pod)
	}
	w.containers("", "Containers", pod.Spec.Containers, pod.Status.ContainerStatuses, pod)
	if len(pod.Spec.EphemeralContainers) > 0 {
		var containers []corev1.Container
		for _, container := range pod.Spec.EphemeralContainers {
			containers = append(containers, corev1.Container(container.EphemeralContainerCommon))
		}
		w.containers("", "Ephemeral Containers", containers, pod.Status.EphemeralContainerStatuses, pod)
	}
	w.podConditions(pod)
	w.volumes("", pod.Spec.Volumes)
	w.field("QoS Class", qosClass(pod))
	w.pairs("Node-Selectors", pod.Spec.NodeSelector)
	w.tolerations("Tolerations", pod.Spec.Tolerations)
	w.topologySpread("", pod.Spec.TopologySpreadConstraints)
	w.schedulingGroup("", pod.Spec.SchedulingGroup)
	w.events(ctx, r, aboutPod(pod))
	return nil
}

// aboutPod finds a pod's events. Those of a mirror pod are recorded under the
// UID of the manifest that it mirrors.
func aboutPod(pod *corev1.Pod) about {
	a := aboutObject("", pod)
	if mirrored, ok := pod.Annotations[corev1.MirrorPodAnnotationKey]; ok {
		a.uid = types.UID(mirrored)
	}
	return a
}

func (w *writer) podIdentity(pod *corev1.Pod) {
	w.field("Name", pod.Name)
	w.field("Namespace", pod.Namespace)
	if pod.Spec.Priority != nil {
		w.field("Priority", *pod.Spec.Priority)
	}
	w.optional("Priority Class Name", pod.Spec.PriorityClassName)
	w.optional("Runtime Class Name", deref(pod.Spec.RuntimeClassName))
	w.optional("Service Account", pod.Spec.ServiceAccountName)
	if pod.Spec.NodeName == "" {
		w.field("Node", "<none>")
	} else {
		w.field("Node", pod.Spec.NodeName+"/"+pod.Status.HostIP)
	}
	if pod.Status.StartTime != nil {
		w.field("Start Time", date(pod.Status.StartTime.Time))
	}
	w.pairs("Labels", pod.Labels)
	w.annotations("Annotations", pod.Annotations)
}

func (w *writer) podStatus(pod *corev1.Pod) {
	ended := pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
	if pod.DeletionTimestamp != nil && !ended {
		w.fieldf("Status", "Terminating (lasts %s)", w.since(pod.DeletionTimestamp.Time))
		w.fieldf("Termination Grace Period", "%ds", deref(pod.DeletionGracePeriodSeconds))
	} else {
		w.field("Status", pod.Status.Phase)
	}
	w.optional("Reason", pod.Status.Reason)
	w.optional("Message", pod.Status.Message)
	if pod.Spec.SecurityContext != nil {
		w.seccomp(pod.Spec.SecurityContext.SeccompProfile, w)
	}
	w.field("IP", pod.Status.PodIP)
	if len(pod.Status.PodIPs) == 0 {
		w.field("IPs", "<none>")
	} else {
		ips := w.section("IPs")
		for _, ip := range pod.Status.PodIPs {
			ips.field("IP", ip.IP)
		}
	}
	w.controlledBy(pod)
	w.optional("NominatedNodeName", pod.Status.NominatedNodeName)
}

func (w *writer) podConditions(pod *corev1.Pod) {
	if len(pod.Spec.ReadinessGates) > 0 {
		gates := w.section("Readiness Gates")
		gates.row("Type", "Status")
		for _, gate := range pod.Spec.ReadinessGates {
			gates.line("%s \t%s ", gate.ConditionType, conditionStatus(pod, gate.ConditionType))
		}
	}
	if len(pod.Status.Conditions) > 0 {
		conditions := w.section("Conditions")
		conditions.row("Type", "Status")
		for _, c := range pod.Status.Conditions {
			conditions.line("%s \t%s ", c.Type, c.Status)
		}
	}
}

func conditionStatus(pod *corev1.Pod, kind corev1.PodConditionType) string {
	for _, c := range pod.Status.Conditions {
		if c.Type == kind {
			return string(c.Status)
		}
	}
	return "<none>"
}
