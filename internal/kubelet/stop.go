package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// minimumGrace is the time that a container gets between its stop signal and
// its end, even when its grace period is over.
const minimumGrace = 2 * time.Second

// stopStage is how far the stopping of a container has come.
type stopStage int

const (
	notStopping stopStage = iota
	preStopping           // the preStop hook runs
	queueing              // a sidecar waits for its turn
	signalled
	killed
)

// stopState is the stopping of a running container.
type stopState struct {
	stage    stopStage
	deadline time.Time // the end of the grace period
	wakeAt   time.Time // of a sleeping preStop hook
}

// next is when the stopping has to go on by itself, zero for never.
func (s *stopState) next() time.Time {
	switch s.stage {
	case notStopping, killed:
		return time.Time{}
	case preStopping:
		var next earliest
		next.add(s.wakeAt)
		next.add(s.deadline)
		return time.Time(next)
	}
	return s.deadline
}

// shorten brings the end of the grace period forward.
func (s *stopState) shorten(deadline time.Time) {
	if s.stage != notStopping && deadline.Before(s.deadline) {
		s.deadline = deadline
	}
}

// stopAll stops the containers of a pod that is to end, each in its turn.
func (k *Kubelet) stopAll(p *pod) {
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase == running && c.stop.stage == notStopping {
			k.beginStop(p, c, p.grace, "Stopping container "+c.name)
		}
	}
	k.syncStops(p)
}

// beginStop starts to stop a container: an event, then its preStop hook.
func (k *Kubelet) beginStop(p *pod, c *container, grace time.Duration, message string) {
	k.containerEvent(p, c, corev1.EventTypeNormal, "Killing", message)
	c.stop = stopState{stage: queueing, deadline: k.now().Add(grace)}
	spec := p.spec(c)
	if spec.Lifecycle == nil || spec.Lifecycle.PreStop == nil || grace <= 0 {
		return
	}
	c.stop.stage = preStopping
	c.stop.wakeAt = k.runHook(p, c, PreStop, spec.Lifecycle.PreStop)
}

// runHook carries out a lifecycle hook. For one that sleeps it returns when
// that is over.
func (k *Kubelet) runHook(p *pod, c *container, kind HookKind, h *corev1.LifecycleHandler) time.Time {
	if h.Sleep != nil {
		return k.now().Add(time.Duration(h.Sleep.Seconds) * time.Second)
	}
	check, err := k.hookCheck(p, c, h)
	if err != nil {
		k.finishHook(p, c, kind, err.Error())
		return time.Time{}
	}
	k.runtime.Do(RunHook{Pod: p.uid(), Container: c.id, Kind: kind, Check: check})
	return time.Time{}
}

// syncStops lets the stopping of each container go on as far as it may.
func (k *Kubelet) syncStops(p *pod) {
	now := k.now()
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase != running || c.stop.stage == notStopping {
			continue
		}
		over := !now.Before(c.stop.deadline)
		if c.stop.stage == preStopping && (over || !c.stop.wakeAt.IsZero() && !now.Before(c.stop.wakeAt)) {
			c.stop.stage = queueing
		}
		if c.stop.stage == queueing && (over || p.turn(c)) {
			k.signal(p, c)
			continue
		}
		if c.stop.stage == signalled && over {
			c.stop.stage = killed
			k.runtime.Do(KillContainer{Pod: p.uid(), ID: c.id})
		}
	}
}

// signal sends a container its stop signal.
func (k *Kubelet) signal(p *pod, c *container) {
	c.stop.stage = signalled
	if least := k.now().Add(minimumGrace); c.stop.deadline.Before(least) {
		c.stop.deadline = least
	}
	stop := StopContainer{Pod: p.uid(), ID: c.id, Grace: c.stop.deadline.Sub(k.now())}
	if l := p.spec(c).Lifecycle; l != nil {
		stop.Signal = ptr.Deref(l.StopSignal, "")
	}
	k.runtime.Do(stop)
}

// turn reports whether a container may be stopped now. In a pod that ends,
// sidecars outlive the regular containers, and go in reverse order.
func (p *pod) turn(c *container) bool {
	if p.stage != terminating || c.role != sidecar {
		return true
	}
	for i := range p.containers {
		o := &p.containers[i]
		later := o.role == sidecar && o.index > c.index
		if o.alive() && (later || o.role == regular) {
			return false
		}
	}
	return true
}

// syncHooks ends the postStart hooks that have slept long enough.
func (k *Kubelet) syncHooks(p *pod) {
	for i := range p.containers {
		c := &p.containers[i]
		if c.hooking && !c.hookUntil.IsZero() && !k.now().Before(c.hookUntil) {
			c.hookUntil = time.Time{}
			k.finishHook(p, c, PostStart, "")
		}
	}
}
