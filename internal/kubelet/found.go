package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// runtimeReady lets the kubelet begin to look after its pods.
func (k *Kubelet) runtimeReady() {
	k.awaiting = false
	k.pods.Scan(func(uid types.UID, _ *pod) bool {
		k.enqueue(uid)
		return true
	})
}

// podFound takes over a pod that runs since before this kubelet's process. One
// that the API does not know any more is removed.
func (k *Kubelet) podFound(ev PodFound) {
	p := k.edit(ev.Pod)
	if p == nil {
		k.runtime.Do(RemoveSandbox{Pod: ev.Pod, ID: ev.Sandbox})
		return
	}
	if p.stage != incoming {
		return
	}
	p.takeContainers()
	p.requests = requestsOf(p.api)
	p.sandbox = sandbox{stage: sandboxReady, id: ev.Sandbox, ips: ev.IPs}
	if ev.Stopped {
		p.sandbox.stage = noSandbox
	}
	if !p.api.Spec.HostNetwork && !ev.Stopped {
		p.sandbox.held = ev.IPs
		k.ips.reserve(ev.IPs)
	}
	for i := range ev.Containers {
		k.containerFound(p, &ev.Containers[i])
	}
	if c := conditionOf(p.api.Status.Conditions, corev1.PodInitialized); c != nil {
		p.initialized = c.Status == corev1.ConditionTrue
	}
	p.advance(active)
	k.enqueue(ev.Pod)
}

// containerFound takes over a container. Of several with one name, the later
// one replaces the one before.
func (k *Kubelet) containerFound(p *pod, found *ContainerFound) {
	for i := range p.containers {
		c := &p.containers[i]
		if c.name != found.Name {
			continue
		}
		spec := p.spec(c)
		c.newID = found.ID
		k.replace(p, c)
		c.attempt, c.image, c.user = found.Attempt, found.Image, found.User
		c.phase, c.started, c.resources, c.asked = running, found.Started, &spec.Resources, spec.Image
		k.startProbes(c, spec)
		if found.Exit != nil {
			exit := *found.Exit
			exit.Pod, exit.ID = p.uid(), found.ID
			k.containerExited(p, c, exit)
		}
	}
}
