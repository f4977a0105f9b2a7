package kubelet

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// startContainers starts the next container that may be started. As in
// Kubernetes, a pod's containers are started one after the other, each up to
// the end of its postStart hook, and ephemeral ones come first.
func (k *Kubelet) startContainers(p *pod) {
	if p.restarting && p.restarted() {
		p.restarting, p.dirty = false, true
	}
	if p.restarting || p.busy() {
		return
	}
	for i := range p.containers {
		if c := &p.containers[i]; c.role == ephemeral && c.phase == waiting && k.start(p, c) {
			return
		}
	}
	if !k.startInitial(p) {
		return
	}
	for i := range p.containers {
		c := &p.containers[i]
		if c.role == regular && (c.phase == waiting || c.phase == stopped && p.restarts(c)) && k.start(p, c) {
			return
		}
	}
}

// busy reports whether a container is just being started.
func (p *pod) busy() bool {
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase == pulling || c.phase == starting || c.phase == running && c.hooking {
			return true
		}
	}
	return false
}

// startInitial starts the init container whose turn it is, and sidecars that
// have ended. It reports whether the regular containers may be started now.
func (k *Kubelet) startInitial(p *pod) bool {
	for i := range p.containers {
		c := &p.containers[i]
		switch {
		case c.role != initial && c.role != sidecar:
			continue
		case c.phase == running && c.role == sidecar:
			if !p.initialized && !c.hasStarted() {
				return false
			}
		case c.phase == running:
			return false
		case c.role == initial && (p.initialized || c.phase == stopped && c.ended.ExitCode == 0 && !c.again):
		case k.start(p, c):
			return false
		case !p.initialized:
			return false
		}
	}
	if !p.initialized {
		p.initialized, p.dirty = true, true
	}
	return true
}

// start brings a container that does not run nearer to running. It reports
// whether something is under way.
func (k *Kubelet) start(p *pod, c *container) bool {
	if c.phase == stopped && k.backsOff(p, c) || k.now().Before(c.retryAt) {
		return false
	}
	if !k.ensureImage(p, c) {
		return c.phase == pulling
	}
	config, err := k.containerConfig(p, c)
	if err != nil {
		k.containerEvent(p, c, corev1.EventTypeWarning, "Failed", "Error: "+err.Error())
		k.failStart(p, c, reasonConfigError, err.Error())
		return false
	}
	if c.phase == stopped {
		c.crash = c.crash.next(c.exited, k.now())
	}
	c.newID, c.phase, c.retryAt = config.ID, starting, time.Time{}
	k.runtime.Do(StartContainer{config})
	return true
}

// replace makes the container that was being started the current one and the
// one that had ended the last one. The one before goes: nobody can ask for its
// log any more.
func (k *Kubelet) replace(p *pod, c *container) {
	if c.ended != nil {
		if c.lastID != "" {
			k.runtime.Do(RemoveContainer{Pod: p.uid(), ID: c.lastID})
		}
		c.last, c.lastID, c.ended = c.ended, c.id, nil
		c.attempt++
	}
	c.id, c.newID = c.newID, ""
}

// backsOff reports whether a container that has ended must wait before it is
// started again.
func (k *Kubelet) backsOff(p *pod, c *container) bool {
	until := c.exited.Add(c.crash.delay)
	if c.again || !c.crash.active(c.exited) || !k.now().Before(until) {
		return false
	}
	if at := c.exited.Add(noticed); k.now().Before(at) {
		c.retryAt = at
		return true
	}
	if c.why.reason != reasonCrashLoopBackOff {
		k.containerEvent(p, c, corev1.EventTypeWarning, "BackOff",
			fmt.Sprintf("Back-off restarting failed container %s in pod %s", c.name, p.describe()))
		c.why = outcome{reasonCrashLoopBackOff, fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", c.crash.delay, c.name, p.describe())}
		p.dirty = true
	}
	c.retryAt = until
	return true
}

// failStart notes why a container could not be started; it is tried again
// after the usual time.
func (k *Kubelet) failStart(p *pod, c *container, reason, message string) {
	if reason == reasonErrImagePull || reason == reasonErrImageNeverPull || reason == reasonInvalidImageName {
		k.containerEvent(p, c, corev1.EventTypeWarning, "Failed", "Error: "+reason)
	}
	c.phase, c.imaged = c.idlePhase(), false
	c.why = outcome{reason, message}
	c.retryAt = k.now().Add(retryPeriod)
	p.dirty = true
}

// containerStarted takes note of a container that runs, and begins its
// postStart hook.
func (k *Kubelet) containerStarted(p *pod, c *container, ev ContainerStarted) {
	if c.phase != starting {
		return
	}
	k.containerEvent(p, c, corev1.EventTypeNormal, "Created", "Container created")
	k.containerEvent(p, c, corev1.EventTypeNormal, "Started", "Container started")
	spec := p.spec(c)
	k.replace(p, c)
	c.phase, c.started, c.user, c.imaged = running, k.now(), ev.User, false
	c.why, c.retryAt, c.stop, c.pull = outcome{}, time.Time{}, stopState{}, backoff{}
	c.resources, c.asked, c.again = &spec.Resources, spec.Image, false
	k.startProbes(c, spec)
	if spec.Lifecycle != nil && spec.Lifecycle.PostStart != nil {
		c.hooking = true
		c.hookUntil = k.runHook(p, c, PostStart, spec.Lifecycle.PostStart)
	}
}

// containerStartFailed makes a container wait that could not be started.
func (k *Kubelet) containerStartFailed(p *pod, c *container, ev ContainerStartFailed) {
	if c.phase != starting {
		return
	}
	reason := reasonCreateError
	if ev.Created {
		k.containerEvent(p, c, corev1.EventTypeNormal, "Created", "Container created")
		reason = reasonRunError
	}
	k.containerEvent(p, c, corev1.EventTypeWarning, "Failed", "Error: "+ev.Error)
	k.failStart(p, c, reason, ev.Error)
	if ev.Created {
		k.replace(p, c)
		now := timeOf(k.now())
		c.ended = &corev1.ContainerStateTerminated{
			ExitCode: 128, Reason: "StartError", Message: ev.Error, FinishedAt: now, ContainerID: k.containerID(c),
		}
		c.exited, c.phase, c.retryAt = k.now(), stopped, time.Time{}
	}
}

// containerExited takes note of the end of a container.
func (k *Kubelet) containerExited(p *pod, c *container, ev ContainerExited) {
	if c.phase == starting {
		k.containerStarted(p, c, ContainerStarted{Pod: ev.Pod, ID: ev.ID})
	}
	if c.phase != running || c.id != ev.ID {
		return
	}
	c.exited = ev.At
	if c.exited.IsZero() {
		c.exited = k.now()
	}
	ended := &corev1.ContainerStateTerminated{
		ExitCode: ev.ExitCode, Signal: ev.Signal, Reason: reasonError, Message: ev.Message,
		StartedAt: timeOf(c.started), FinishedAt: timeOf(c.exited), ContainerID: k.containerID(c),
	}
	switch {
	case ev.OOMKilled:
		ended.Reason = reasonOOMKilled
	case ev.ExitCode == 0:
		ended.Reason = reasonCompleted
	}
	c.ended, c.phase, c.hooking, c.imaged = ended, stopped, false, false
	c.why, c.retryAt, c.stop = outcome{}, time.Time{}, stopState{}
	c.stopProbes()
	if p.asksForAll(c) {
		k.restartAll(p)
	}
	if c.hookFailed != "" {
		c.why, c.hookFailed = outcome{reasonPostStartError, c.hookFailed}, ""
	}
}

// hookResult takes note of the end of a lifecycle hook.
func (k *Kubelet) hookResult(p *pod, c *container, ev HookResult) {
	if c.phase == running {
		k.finishHook(p, c, ev.Kind, ev.Error)
	}
}

func (k *Kubelet) finishHook(p *pod, c *container, kind HookKind, failure string) {
	switch {
	case kind == PreStop:
		if failure != "" {
			k.containerEvent(p, c, corev1.EventTypeWarning, "FailedPreStopHook", "PreStopHook failed")
		}
		if c.stop.stage == preStopping {
			c.stop.stage = queueing
		}
	case failure != "" && c.hooking:
		k.containerEvent(p, c, corev1.EventTypeWarning, "FailedPostStartHook", "PostStartHook failed")
		c.hooking, c.hookFailed = false, "PostStart hook failed"
		k.beginStop(p, c, p.gracePeriod(), "FailedPostStartHook")
	default:
		c.hooking = false
	}
	p.dirty = true
}

// containerID is a container's ID as statuses have it.
func (k *Kubelet) containerID(c *container) string { return k.runtimeID(c.id) }
