package kubelet

import corev1 "k8s.io/api/core/v1"

// syncDefinitions restarts the containers whose image the spec has changed.
func (k *Kubelet) syncDefinitions(p *pod) {
	if !p.changed {
		return
	}
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase == running && c.stop.stage == notStopping && c.role != ephemeral && c.asked != p.spec(c).Image {
			c.again = true
			k.beginStop(p, c, p.gracePeriod(), "Container "+c.name+" definition changed, will be restarted")
		}
	}
}

// restartAll stops all containers of a pod, so that it begins anew with its
// init containers; see
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers
func (k *Kubelet) restartAll(p *pod) {
	p.restarting, p.initialized = true, false
	for i := range p.containers {
		c := &p.containers[i]
		if c.role == ephemeral {
			continue
		}
		if c.phase == running && c.stop.stage == notStopping {
			k.beginStop(p, c, p.gracePeriod(), "Stopping container "+c.name)
		}
		c.again = c.phase == running || c.phase == stopped
	}
}

// restarted reports whether no container is left of before a restart of all.
func (p *pod) restarted() bool {
	for i := range p.containers {
		if c := &p.containers[i]; c.role != ephemeral && c.alive() {
			return false
		}
	}
	return true
}

// asksForAll reports whether the end of a container asks for the restart of
// all containers of the pod.
func (p *pod) asksForAll(c *container) bool {
	if p.stage != active || p.restarting {
		return false
	}
	rule := restartRule(p.spec(c), c.ended.ExitCode)
	return rule != nil && rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers
}
