package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

const (
	// noticed is how long a failure shows as such before the kubelet's next
	// look at the pod turns it into a back-off.
	noticed = time.Second
	// retryPeriod is the time between attempts that earn no growing delay.
	retryPeriod = 10 * time.Second
)

// handlePod brings a pod nearer to what its API object asks for, as far as
// that is possible at this instant.
func (k *Kubelet) handlePod(uid types.UID) {
	p := k.edit(uid)
	if p == nil || k.awaiting {
		return
	}
	p.takeContainers()
	for last := stage(-1); last != p.stage; {
		last = p.stage
		k.step(p)
	}
	p.changed = false
	if p.stage == finished && p.gone {
		k.forget(p)
		return
	}
	k.arm(p)
	if p.dirty {
		k.queueFlush(p)
	}
}

// step does what the pod's stage asks for.
func (k *Kubelet) step(p *pod) {
	switch p.stage {
	case incoming:
		k.admit(p)
	case active:
		k.run(p)
	case terminating:
		k.terminate(p)
	case ended:
		k.end(p)
	case removing:
		k.remove(p)
	}
}

// advance moves a pod to its next stage.
func (p *pod) advance(to stage) {
	p.stage = to
	p.dirty = true
}

// run starts what is to be started, and looks after what runs.
func (k *Kubelet) run(p *pod) {
	if p.changed {
		p.dirty = p.dirty || p.api.Status.ObservedGeneration != p.api.Generation || len(p.api.Spec.ReadinessGates) > 0
	}
	switch {
	case p.deleted(), k.pastDeadline(p), p.complete():
		k.beginTermination(p)
		return
	}
	k.syncDefinitions(p)
	k.syncHooks(p)
	k.syncStops(p)
	k.syncProbes(p)
	if k.prepareVolumes(p) && k.prepareSandbox(p) {
		k.syncResize(p)
		k.startContainers(p)
	}
}

// pastDeadline reports whether the pod has run for longer than its
// activeDeadlineSeconds allow.
func (k *Kubelet) pastDeadline(p *pod) bool {
	at, ok := p.deadline()
	if !ok || k.now().Before(at) {
		return false
	}
	p.rejection = &outcome{"DeadlineExceeded", "Pod was active on the node longer than the specified deadline"}
	k.event(p, corev1.EventTypeNormal, p.rejection.reason, p.rejection.message)
	return true
}

func (p *pod) deadline() (time.Time, bool) {
	seconds := p.api.Spec.ActiveDeadlineSeconds
	if seconds == nil {
		return time.Time{}, false
	}
	return p.seen.Add(time.Duration(*seconds) * time.Second), true
}

// complete reports whether all that the pod is there for is done: its regular
// containers, or an init container that has failed for good.
func (p *pod) complete() bool {
	for i := range p.containers {
		c := &p.containers[i]
		switch c.role {
		case initial:
			if !p.initialized && c.phase == stopped && c.ended.ExitCode != 0 && !p.restarts(c) {
				return true
			}
		case regular:
			if c.phase != stopped || p.restarts(c) {
				return false
			}
		}
	}
	return true
}

// restarts reports whether a container that has ended is to be started again.
func (p *pod) restarts(c *container) bool {
	if c.role == ephemeral || c.again {
		return c.again
	}
	spec := p.spec(c)
	if restartRule(spec, c.ended.ExitCode) != nil {
		return true
	}
	policy := corev1.ContainerRestartPolicy(p.api.Spec.RestartPolicy)
	if spec.RestartPolicy != nil {
		policy = *spec.RestartPolicy
	}
	switch policy {
	case corev1.ContainerRestartPolicyNever:
		return false
	case corev1.ContainerRestartPolicyOnFailure:
		return c.ended.ExitCode != 0
	}
	return c.role != initial || c.ended.ExitCode != 0
}

// restartRule is the rule of a container that applies to an exit code, or nil.
func restartRule(spec *corev1.Container, code int32) *corev1.ContainerRestartRule {
	for i := range spec.RestartPolicyRules {
		if r := &spec.RestartPolicyRules[i]; ruleMatches(r, code) {
			return r
		}
	}
	return nil
}

func ruleMatches(r *corev1.ContainerRestartRule, code int32) bool {
	if r.ExitCodes == nil {
		return false
	}
	in := false
	for _, v := range r.ExitCodes.Values {
		in = in || v == code
	}
	return in == (r.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn)
}

// beginTermination starts to end a pod.
func (k *Kubelet) beginTermination(p *pod) {
	p.grace = p.gracePeriod()
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase == pulling {
			c.phase = waiting
		}
	}
	p.advance(terminating)
}

// gracePeriod is how long the pod's containers have to stop.
func (p *pod) gracePeriod() time.Duration {
	seconds := ptr.Deref(p.api.Spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	if p.api.DeletionGracePeriodSeconds != nil {
		seconds = *p.api.DeletionGracePeriodSeconds
	}
	return time.Duration(max(seconds, 1)) * time.Second
}

// terminate stops the containers and waits for them.
func (k *Kubelet) terminate(p *pod) {
	k.shortenGrace(p)
	k.stopAll(p)
	k.syncProbes(p)
	for i := range p.containers {
		if p.containers[i].alive() {
			return
		}
	}
	p.advance(ended)
}

// shortenGrace takes note of a deletion that has become more urgent.
func (k *Kubelet) shortenGrace(p *pod) {
	grace := p.gracePeriod()
	if grace >= p.grace {
		return
	}
	p.grace = grace
	for i := range p.containers {
		p.containers[i].stop.shorten(k.now().Add(grace))
	}
}

// end stops the sandbox of a pod without containers, and waits for the API to
// want the pod gone.
func (k *Kubelet) end(p *pod) {
	if p.deleted() {
		p.advance(removing)
		if p.sandbox.stage != noSandbox || len(p.volumes.made) > 0 {
			k.runtime.Do(RemoveSandbox{Pod: p.uid(), ID: p.sandbox.id})
		}
		return
	}
	if p.sandbox.stage == sandboxCreating || p.sandbox.stage == sandboxReady {
		p.sandbox.stage = sandboxStopping
		k.runtime.Do(StopSandbox{Pod: p.uid(), ID: p.sandbox.id})
	}
}

// remove waits until nothing is left of the pod on the node.
func (k *Kubelet) remove(p *pod) {
	if p.sandbox.stage == noSandbox && len(p.volumes.made) == 0 {
		k.releaseIPs(p)
		p.advance(finished)
	}
}

// forget ends the kubelet's interest in a pod.
func (k *Kubelet) forget(p *pod) {
	k.releaseIPs(p)
	k.disarm(p)
	k.pods.Delete(p.uid())
}

// arm sets the pod's timer to the next instant at which something is due.
func (k *Kubelet) arm(p *pod) {
	at := k.nextWake(p)
	switch {
	case at.IsZero():
		k.disarm(p)
	case !at.Equal(p.wake) || !at.After(k.now()):
		k.loop().Arm(k.fleet.id, k.key(p.uid()), at)
		p.wake = at
	}
}

func (k *Kubelet) disarm(p *pod) {
	if !p.wake.IsZero() {
		k.loop().Disarm(k.fleet.id, k.key(p.uid()))
		p.wake = time.Time{}
	}
}

// nextWake is the next instant at which something is due for a pod, zero for
// none.
func (k *Kubelet) nextWake(p *pod) time.Time {
	var next earliest
	if p.stage == active {
		if at, ok := p.deadline(); ok {
			next.add(at)
		}
		k.addRetry(&next, p.volumes.retryAt)
		next.add(p.volumes.refreshAt)
		k.addRetry(&next, p.sandbox.retryAt)
	}
	for i := range p.containers {
		c := &p.containers[i]
		if p.stage == active && (c.phase == waiting || c.phase == stopped) {
			k.addRetry(&next, c.retryAt)
		}
		if c.phase == running {
			next.add(c.stop.next())
			next.add(c.hookUntil)
			for kind := range c.probes {
				next.add(c.probes[kind].next)
			}
		}
	}
	return time.Time(next)
}

// addRetry adds the instant of another attempt. One that is due but was not
// made just now waits for something else than time: another container that is
// being started, a volume.
func (k *Kubelet) addRetry(next *earliest, at time.Time) {
	if at.After(k.now()) {
		next.add(at)
	}
}

// earliest is the earliest of the instants that were added, zero for none.
type earliest time.Time

func (e *earliest) add(at time.Time) {
	if !at.IsZero() && (time.Time(*e).IsZero() || at.Before(time.Time(*e))) {
		*e = earliest(at)
	}
}
