package kubelet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// conditions are the pod's conditions: the kubelet's own first, then those of
// others, which it leaves alone.
func (k *Kubelet) conditions(p *pod, s *corev1.PodStatus) []corev1.PodCondition {
	old := p.api.Status.Conditions
	containers := p.containersReady(s)
	own := [...]corev1.PodCondition{
		verdict(corev1.PodReadyToStartContainers, p.sandbox.stage == sandboxReady, "", ""),
		p.initializedCondition(s),
		p.readyCondition(s, containers),
		containers,
		verdict(corev1.PodScheduled, true, "", ""),
	}
	out := make([]corev1.PodCondition, 0, len(own)+1)
	if p.restarting {
		out = append(out, corev1.PodCondition{
			Type: corev1.AllContainersRestarting, Status: corev1.ConditionTrue,
			ObservedGeneration: p.api.Generation, LastTransitionTime: shown(k.now()),
		})
	}
	for _, c := range own {
		if !p.admitted() && c.Type != corev1.PodScheduled {
			continue
		}
		c.ObservedGeneration = p.api.Generation
		c.LastTransitionTime = shown(k.now())
		if before := conditionOf(old, c.Type); before != nil && before.Status == c.Status {
			c.LastTransitionTime = before.LastTransitionTime
		}
		out = append(out, c)
	}
	for _, c := range old {
		if conditionOf(own[:], c.Type) == nil && !slices.Contains(passing[:], c.Type) {
			out = append(out, c)
		}
	}
	return append(out, k.resizeConditions(p)...)
}

// passing are conditions of the kubelet's that are there only while they hold.
var passing = [...]corev1.PodConditionType{corev1.PodResizePending, corev1.PodResizeInProgress, corev1.AllContainersRestarting}

// resizeConditions are there only while a resize is not done.
func (k *Kubelet) resizeConditions(p *pod) []corev1.PodCondition {
	c := corev1.PodCondition{Status: corev1.ConditionTrue, ObservedGeneration: p.api.Generation, LastTransitionTime: shown(k.now())}
	switch {
	case p.resize.pending.reason != "":
		c.Type, c.Reason, c.Message = corev1.PodResizePending, p.resize.pending.reason, p.resize.pending.message
	case p.resize.failed != "":
		c.Type, c.Reason, c.Message = corev1.PodResizeInProgress, corev1.PodReasonError, p.resize.failed
	case p.resize.underWay:
		c.Type = corev1.PodResizeInProgress
	default:
		return nil
	}
	if before := conditionOf(p.api.Status.Conditions, c.Type); before != nil && before.Reason == c.Reason {
		c.LastTransitionTime = before.LastTransitionTime
	}
	return []corev1.PodCondition{c}
}

func conditionOf(list []corev1.PodCondition, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range list {
		if list[i].Type == t {
			return &list[i]
		}
	}
	return nil
}

// verdict is a condition that is true, or false for a reason.
func verdict(t corev1.PodConditionType, ok bool, reason, message string) corev1.PodCondition {
	if ok {
		return corev1.PodCondition{Type: t, Status: corev1.ConditionTrue}
	}
	return corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: reason, Message: message}
}

const reasonPodCompleted = "PodCompleted"

// initializedCondition says whether the init containers are done.
func (p *pod) initializedCondition(s *corev1.PodStatus) corev1.PodCondition {
	t := corev1.PodInitialized
	if len(p.api.Spec.InitContainers) > 0 && s.Phase == corev1.PodSucceeded {
		return corev1.PodCondition{Type: t, Status: corev1.ConditionTrue, Reason: reasonPodCompleted}
	}
	var incomplete []string
	for i := range p.containers {
		c := &p.containers[i]
		done := c.role == initial && c.phase == stopped && c.ended.ExitCode == 0 || c.role == sidecar && (c.hasStarted() || p.initialized)
		if (c.role == initial || c.role == sidecar) && !done {
			incomplete = append(incomplete, c.name)
		}
	}
	return allDone(t, incomplete, "ContainersNotInitialized", "containers with incomplete status: %v")
}

// containersReady says whether all containers that should be ready are.
func (p *pod) containersReady(s *corev1.PodStatus) corev1.PodCondition {
	t := corev1.ContainersReady
	switch s.Phase {
	case corev1.PodSucceeded:
		return corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: reasonPodCompleted}
	case corev1.PodFailed:
		return corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: "PodFailed"}
	}
	var unready []string
	for i := range p.containers {
		c := &p.containers[i]
		if (c.role == sidecar || c.role == regular) && !c.isReady() {
			unready = append(unready, c.name)
		}
	}
	return allDone(t, unready, "ContainersNotReady", "containers with unready status: %v")
}

// allDone is a condition that is true if no container is missing; format says
// which are.
func allDone(t corev1.PodConditionType, missing []string, reason, format string) corev1.PodCondition {
	if len(missing) == 0 {
		return verdict(t, true, "", "")
	}
	return verdict(t, false, reason, fmt.Sprintf(format, missing))
}

// readyCondition says whether the pod is to get requests: its containers are
// ready, and so are its readiness gates.
func (p *pod) readyCondition(s *corev1.PodStatus, containers corev1.PodCondition) corev1.PodCondition {
	if containers.Status != corev1.ConditionTrue {
		containers.Type = corev1.PodReady
		return containers
	}
	var closed []string
	for _, gate := range p.api.Spec.ReadinessGates {
		switch c := conditionOf(s.Conditions, gate.ConditionType); {
		case c == nil:
			closed = append(closed, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", gate.ConditionType))
		case c.Status != corev1.ConditionTrue:
			closed = append(closed, fmt.Sprintf("the status of pod readiness gate %q is not \"True\", but %v", gate.ConditionType, c.Status))
		}
	}
	return verdict(corev1.PodReady, len(closed) == 0, "ReadinessGatesNotReady", strings.Join(closed, ", "))
}
