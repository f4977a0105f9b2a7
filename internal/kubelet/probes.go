package kubelet

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// probe is the state of one probe of a running container.
type probe struct {
	// next is when it is due, zero while it is not set or on hold.
	next time.Time
	// flying is set while the runtime carries it out.
	flying bool
	// run counts equal outcomes in a row, the latest being last.
	run  int32
	last Outcome
	// passed is the result as the thresholds have it.
	passed bool
}

// probeOf is a container's probe of a kind, or nil.
func probeOf(spec *corev1.Container, kind ProbeKind) *corev1.Probe {
	switch kind {
	case Startup:
		return spec.StartupProbe
	case Readiness:
		return spec.ReadinessProbe
	}
	return spec.LivenessProbe
}

// startProbes begins the probes of a container that has just started. Without
// a startup probe it counts as started, without a readiness probe as ready.
func (k *Kubelet) startProbes(c *container, spec *corev1.Container) {
	c.stopProbes()
	for kind := range numProbes {
		if p := probeOf(spec, kind); p != nil {
			c.probes[kind].next = k.now().Add(time.Duration(p.InitialDelaySeconds) * time.Second)
			c.probes[kind].passed = kind == Liveness
			continue
		}
		c.probes[kind].passed = true
	}
}

func (c *container) stopProbes() { c.probes = [numProbes]probe{} }

// hasStarted reports whether a container runs and has passed its startup probe.
func (c *container) hasStarted() bool {
	return c.phase == running && !c.hooking && c.probes[Startup].passed
}

// isReady reports whether a container counts as ready.
func (c *container) isReady() bool { return c.hasStarted() && c.probes[Readiness].passed }

// syncProbes runs the probes that are due.
func (k *Kubelet) syncProbes(p *pod) {
	now := k.now()
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase != running {
			continue
		}
		for kind := range numProbes {
			if s := &c.probes[kind]; !s.next.IsZero() && !now.Before(s.next) {
				k.runProbe(p, c, kind)
			}
		}
	}
}

// runProbe carries out one probe, unless it must not run now.
func (k *Kubelet) runProbe(p *pod, c *container, kind ProbeKind) {
	spec := probeOf(p.spec(c), kind)
	s := &c.probes[kind]
	if kind != Readiness && (p.stage != active || c.stop.stage != notStopping) {
		s.next = time.Time{} // Nothing more to find out.
		return
	}
	s.next = k.now().Add(time.Duration(max(spec.PeriodSeconds, 1)) * time.Second)
	if s.flying || kind != Startup && !c.probes[Startup].passed {
		return
	}
	check, err := probeCheck(p, c, spec)
	if err != nil {
		k.noteProbe(p, c, ProbeResult{Kind: kind, Outcome: Errored, Output: err.Error()})
		return
	}
	s.flying = true
	k.runtime.Do(RunProbe{
		Pod: p.uid(), Container: c.id, Kind: kind, Check: check,
		Timeout: time.Duration(max(spec.TimeoutSeconds, 1)) * time.Second,
	})
}

// probeResult takes note of the outcome of a probe. One that changes nothing
// costs next to nothing.
func (k *Kubelet) probeResult(ev ProbeResult) {
	p := k.edit(ev.Pod)
	if p == nil {
		return
	}
	c := p.container(ev.Container)
	if c == nil || c.phase != running {
		return
	}
	c.probes[ev.Kind].flying = false
	if k.noteProbe(p, c, ev) {
		p.dirty = true
		k.enqueue(ev.Pod)
	}
}

// noteProbe counts an outcome, and reports whether it makes a difference.
func (k *Kubelet) noteProbe(p *pod, c *container, ev ProbeResult) bool {
	spec := probeOf(p.spec(c), ev.Kind)
	s := &c.probes[ev.Kind]
	k.probeEvent(p, c, ev)
	outcome := ev.Outcome
	if outcome == Warned {
		outcome = Succeeded
	}
	if outcome == Errored {
		return false
	}
	if s.last != outcome {
		s.run, s.last = 0, outcome
	}
	s.run++
	switch outcome {
	case Succeeded:
		return s.run >= max(spec.SuccessThreshold, 1) && c.passProbe(ev.Kind, k.now())
	default:
		return s.run >= max(spec.FailureThreshold, 1) && k.failProbe(p, c, ev.Kind)
	}
}

// passProbe sets a probe's result, and reports whether it is new.
func (c *container) passProbe(kind ProbeKind, now time.Time) bool {
	s := &c.probes[kind]
	if s.passed {
		return false
	}
	s.passed = true
	if kind == Startup {
		s.next = time.Time{}
		c.probes[Readiness].hasten(now)
		c.probes[Liveness].hasten(now)
	}
	return true
}

// hasten makes a probe due now that is overdue because it had to wait.
func (s *probe) hasten(now time.Time) {
	if !s.next.IsZero() && s.next.After(now) {
		s.next = now
	}
}

// failProbe draws the consequence of a probe that has failed for good, and
// reports whether it makes a difference.
func (k *Kubelet) failProbe(p *pod, c *container, kind ProbeKind) bool {
	s := &c.probes[kind]
	if kind == Readiness {
		changed := s.passed
		s.passed = false
		return changed
	}
	if c.stop.stage != notStopping || p.stage != active {
		return false
	}
	s.next = time.Time{} // Until there is another container.
	message := fmt.Sprintf("Container %s failed %s probe, will be restarted", c.name, [...]string{"startup", "readiness", "liveness"}[kind])
	grace := p.gracePeriod()
	if t := probeOf(p.spec(c), kind).TerminationGracePeriodSeconds; t != nil {
		grace = time.Duration(*t) * time.Second
	}
	k.beginStop(p, c, grace, message)
	return true
}

// probeEvent records the outcome of a probe that did not simply succeed.
func (k *Kubelet) probeEvent(p *pod, c *container, ev ProbeResult) {
	switch ev.Outcome {
	case Warned:
		k.containerEvent(p, c, corev1.EventTypeWarning, "ProbeWarning", fmt.Sprintf("%s probe warning: %s", ev.Kind, ev.Output))
	case Failed:
		k.containerEvent(p, c, corev1.EventTypeWarning, "Unhealthy", fmt.Sprintf("%s probe failed: %s", ev.Kind, ev.Output))
	case Errored:
		k.containerEvent(p, c, corev1.EventTypeWarning, "Unhealthy", fmt.Sprintf("%s probe errored and resulted in Unknown state: %s", ev.Kind, ev.Output))
	}
}
