package kubelet

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// status is the pod's status as it is now.
func (k *Kubelet) status(p *pod) corev1.PodStatus {
	s := p.api.Status
	s.ObservedGeneration = p.api.Generation
	if s.StartTime == nil {
		s.StartTime = ptr.To(shown(p.seen))
	}
	s.HostIP, s.HostIPs = first(k.config.IPs), nil
	for _, ip := range k.config.IPs {
		s.HostIPs = append(s.HostIPs, corev1.HostIP{IP: ip})
	}
	if len(p.sandbox.ips) > 0 {
		s.PodIP, s.PodIPs = p.sandbox.ips[0], nil
		for _, ip := range p.sandbox.ips {
			s.PodIPs = append(s.PodIPs, corev1.PodIP{IP: ip})
		}
	}
	if p.rejection != nil {
		s.Reason, s.Message = p.rejection.reason, p.rejection.message
	}
	if p.admitted() {
		k.containerStatuses(p, &s)
	}
	s.Phase = p.phase()
	s.Conditions = k.conditions(p, &s)
	return s
}

// admitted reports whether the pod has ever been let in.
func (p *pod) admitted() bool {
	return p.rejection == nil || p.rejection.reason == "DeadlineExceeded"
}

// shown is an instant as the API shows it: whole seconds.
func shown(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

// containerStatuses fills in the statuses of all containers.
func (k *Kubelet) containerStatuses(p *pod, s *corev1.PodStatus) {
	s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses = nil, nil, nil
	if n := len(p.api.Spec.Containers); n > 0 {
		s.ContainerStatuses = make([]corev1.ContainerStatus, 0, n)
	}
	for i := range p.containers {
		c := &p.containers[i]
		status := k.containerStatus(p, c)
		switch c.role {
		case initial, sidecar:
			s.InitContainerStatuses = append(s.InitContainerStatuses, status)
		case ephemeral:
			s.EphemeralContainerStatuses = append(s.EphemeralContainerStatuses, status)
		default:
			s.ContainerStatuses = append(s.ContainerStatuses, status)
		}
	}
}

func (k *Kubelet) containerStatus(p *pod, c *container) corev1.ContainerStatus {
	spec := p.spec(c)
	s := corev1.ContainerStatus{
		Name: c.name, Image: spec.Image, RestartCount: c.attempt, Started: ptr.To(c.hasStarted()), Ready: c.isReady(),
		VolumeMounts: mountStatuses(spec.VolumeMounts),
	}
	switch c.role {
	case initial:
		s.Ready = c.phase == stopped && c.ended.ExitCode == 0
	case ephemeral: // Nobody ever asks whether it is ready.
		s.Ready, s.Started = false, nil
	}
	s.State, s.LastTerminationState = p.states(c)
	if c.id == "" {
		return s
	}
	s.ContainerID, s.ImageID, s.Image = k.runtimeID(c.id), c.image.Ref, shownImage(spec.Image, c.image)
	if l := spec.Lifecycle; l != nil {
		s.StopSignal = l.StopSignal
	}
	if c.phase == running {
		s.Resources, s.AllocatedResources = c.resources, c.resources.Requests
		if c.user != nil {
			s.User = &corev1.ContainerUser{Linux: c.user}
		}
	}
	return s
}

// states are the present and the last state of a container, as the API has it.
func (p *pod) states(c *container) (state, last corev1.ContainerState) {
	last.Terminated = c.last
	switch {
	case c.phase == running:
		state.Running = &corev1.ContainerStateRunning{StartedAt: shown(c.started)}
	case c.ended != nil && (p.stage >= ended || c.why.reason == ""):
		state.Terminated = c.ended
	case c.ended != nil:
		state.Waiting = &corev1.ContainerStateWaiting{Reason: c.why.reason, Message: c.why.message}
		last.Terminated = c.ended
	case p.stage >= ended && p.initialized && c.role == regular:
		state.Terminated = &corev1.ContainerStateTerminated{Reason: reasonStatusUnknown, Message: messageStatusUnknown, ExitCode: 137}
	case c.why.reason != "":
		state.Waiting = &corev1.ContainerStateWaiting{Reason: c.why.reason, Message: c.why.message}
	case len(p.api.Spec.InitContainers) > 0 && !p.initialized:
		state.Waiting = &corev1.ContainerStateWaiting{Reason: reasonPodInitializing}
	default:
		state.Waiting = &corev1.ContainerStateWaiting{Reason: reasonContainerCreating}
	}
	return state, last
}

// mountStatuses say how the volumes of a container are mounted.
func mountStatuses(mounts []corev1.VolumeMount) []corev1.VolumeMountStatus {
	if len(mounts) == 0 {
		return nil
	}
	out := make([]corev1.VolumeMountStatus, len(mounts))
	for i := range mounts {
		m := &mounts[i]
		out[i] = corev1.VolumeMountStatus{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly}
		if !m.ReadOnly {
			continue
		}
		mode := corev1.RecursiveReadOnlyDisabled
		if m.RecursiveReadOnly != nil && *m.RecursiveReadOnly != mode {
			mode = corev1.RecursiveReadOnlyEnabled
		}
		out[i].RecursiveReadOnly = &mode
	}
	return out
}

// shownImage is the name of an image that a status shows: the runtime's name
// for it.
func shownImage(asked string, image Image) string {
	if len(image.Names) == 0 {
		return asked
	}
	if name, err := normalImage(asked); err == nil {
		for _, n := range image.Names {
			if n == name {
				return n
			}
		}
	}
	return image.Names[0]
}

// runtimeID is an ID with the name of the runtime: "containerd://...".
func (k *Kubelet) runtimeID(id string) string {
	if id == "" {
		return ""
	}
	name, _, _ := strings.Cut(k.config.Info.ContainerRuntimeVersion, "://")
	return orElse(name, "containerd") + "://" + id
}

// phase sums up the states of the pod's containers.
func (p *pod) phase() corev1.PodPhase {
	if p.rejection != nil {
		return corev1.PodFailed
	}
	if p.api.Status.Phase == corev1.PodFailed || p.api.Status.Phase == corev1.PodSucceeded {
		return p.api.Status.Phase // for good
	}
	var waits, runs, ends, succeeds, restarts int
	for i := range p.containers {
		c := &p.containers[i]
		if c.role != regular {
			continue
		}
		switch {
		case c.phase == running:
			runs++
		case c.ended == nil:
			waits++
		default:
			ends++
			if c.ended.ExitCode == 0 {
				succeeds++
			}
			if p.stage == active && p.restarts(c) {
				restarts++
			}
		}
	}
	switch {
	case p.stage >= ended && succeeds == ends && waits == 0 && p.initialized:
		return corev1.PodSucceeded
	case p.stage >= ended, p.stage == active && p.initFailed():
		return corev1.PodFailed
	case !p.initialized, waits > 0:
		return corev1.PodPending
	case runs > 0, restarts > 0, p.sidecarsRun():
		return corev1.PodRunning
	case succeeds == ends:
		return corev1.PodSucceeded
	}
	return corev1.PodFailed
}

// initFailed reports whether an init container has failed for good.
func (p *pod) initFailed() bool {
	for i := range p.containers {
		c := &p.containers[i]
		if c.role == initial && !p.initialized && c.phase == stopped && c.ended.ExitCode != 0 && !p.restarts(c) {
			return true
		}
	}
	return false
}

// sidecarsRun reports whether sidecars go on when all else has ended.
func (p *pod) sidecarsRun() bool {
	for i := range p.containers {
		if c := &p.containers[i]; c.role == sidecar && c.phase == running {
			return true
		}
	}
	return false
}
