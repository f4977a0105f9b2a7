package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

const networkNotReady = "network is not ready: container runtime network not ready: NetworkReady=false " +
	"reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"

// prepareSandbox reports whether the pod's sandbox is there; where it is not,
// it is being made.
func (k *Kubelet) prepareSandbox(p *pod) bool {
	s := &p.sandbox
	switch {
	case s.stage == sandboxReady:
		return true
	case s.stage == sandboxCreating || k.now().Before(s.retryAt):
		return false
	}
	host := p.api.Spec.HostNetwork
	if !host && !k.ips.ready() {
		k.event(p, corev1.EventTypeWarning, "NetworkNotReady", networkNotReady)
		s.retryAt = k.now().Add(retryPeriod)
		return false
	}
	ips := k.config.IPs
	if !host {
		if len(s.held) == 0 {
			held, err := k.ips.take()
			if err != nil {
				k.sandboxFailed(p, SandboxFailed{Error: err.Error()})
				return false
			}
			s.held = held
		}
		ips = s.held
	}
	s.id, s.stage = k.newID(), sandboxCreating
	k.runtime.Do(CreateSandbox{k.sandboxConfig(p, ips)})
	return false
}

func (k *Kubelet) sandboxConfig(p *pod, ips []string) Sandbox {
	spec := &p.api.Spec
	dns := k.resolvConf(p)
	config := Sandbox{
		ID: p.sandbox.id, Pod: p.uid(), Namespace: p.api.Namespace, Name: p.api.Name,
		Labels: p.api.Labels, Annotations: p.api.Annotations,
		Hostname:    k.hostname(p),
		HostNetwork: spec.HostNetwork, HostPID: spec.HostPID, HostIPC: spec.HostIPC,
		ShareProcesses: spec.ShareProcessNamespace != nil && *spec.ShareProcessNamespace,
		IPs:            ips,
		ResolvConf:     dns.String(),
		DNS:            dns,
		Domain:         k.domain(p),
		HostAliases:    spec.HostAliases,
		Resources:      spec.Resources,
	}
	if spec.RuntimeClassName != nil {
		config.RuntimeHandler = k.runtimeHandler(*spec.RuntimeClassName)
	}
	if spec.SecurityContext != nil {
		config.Sysctls = spec.SecurityContext.Sysctls
	}
	for i := range spec.Containers {
		for _, port := range spec.Containers[i].Ports {
			if port.HostPort > 0 {
				config.Ports = append(config.Ports, port)
			}
		}
	}
	return config
}

func (k *Kubelet) sandboxIsReady(p *pod, ev SandboxReady) {
	if p.sandbox.id != ev.ID || p.sandbox.stage != sandboxCreating {
		return
	}
	p.sandbox.stage, p.sandbox.retryAt, p.sandbox.ips = sandboxReady, time.Time{}, ev.IPs
	if len(ev.IPs) == 0 {
		p.sandbox.ips = p.sandbox.held
		if p.api.Spec.HostNetwork {
			p.sandbox.ips = k.config.IPs
		}
	}
}

func (k *Kubelet) sandboxFailed(p *pod, ev SandboxFailed) {
	if p.sandbox.id != ev.ID {
		return
	}
	k.event(p, corev1.EventTypeWarning, "FailedCreatePodSandBox",
		"Failed to create pod sandbox: rpc error: code = Unknown desc = "+ev.Error)
	p.sandbox.stage = noSandbox
	p.sandbox.retryAt = k.now().Add(retryPeriod)
}

// sandboxStopped takes note of the end of a sandbox. That of a pod which goes
// on is replaced, and its containers with it.
func (k *Kubelet) sandboxStopped(p *pod, ev SandboxStopped) {
	if p.sandbox.id != ev.ID {
		return
	}
	k.releaseIPs(p)
	if p.stage != active {
		p.sandbox.stage = sandboxGone
		return
	}
	k.event(p, corev1.EventTypeNormal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
	p.sandbox.stage, p.sandbox.ips, p.initialized = noSandbox, nil, false
}

func (k *Kubelet) sandboxRemoved(p *pod) {
	if p.stage != removing {
		return
	}
	p.sandbox.stage = noSandbox
	p.volumes.made = nil
}

// releaseIPs gives the pod's addresses back to the node. The pod's status goes
// on showing them.
func (k *Kubelet) releaseIPs(p *pod) {
	if len(p.sandbox.held) > 0 {
		k.ips.giveBack(p.sandbox.held)
		p.sandbox.held = nil
	}
}

// networkReady lets the pods go on that waited for the node's networks.
func (k *Kubelet) networkReady() {
	for _, p := range k.pods.Values() {
		if p.sandbox.stage == noSandbox && p.stage == active {
			k.edit(p.uid()).sandbox.retryAt = time.Time{}
			k.enqueue(p.uid())
		}
	}
}
