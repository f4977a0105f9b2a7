package kubelet

import "k8s.io/apimachinery/pkg/types"

// Deliver hands the kubelet an event of its runtime. What follows from it is
// done by the loop.
func (k *Kubelet) Deliver(ev Event) {
	if !k.running {
		k.missed = append(k.missed, ev)
		return
	}
	switch ev := ev.(type) {
	case ImagesFound:
		k.imagesFound(ev.Images)
	case RuntimeReady:
		k.runtimeReady()
	case PodFound:
		k.podFound(ev)
	case ImagePulled:
		k.imagesFound([]Image{ev.Image})
		if p := k.edit(ev.Pod); p != nil {
			k.imagePulled(p, ev)
			k.enqueue(ev.Pod)
		}
	case ImagePullFailed:
		k.toPod(ev.Pod, func(p *pod) { k.imagePullFailed(p, ev) })
	case SandboxReady:
		k.toPod(ev.Pod, func(p *pod) { k.sandboxIsReady(p, ev) })
	case SandboxFailed:
		k.toPod(ev.Pod, func(p *pod) { k.sandboxFailed(p, ev) })
	case SandboxStopped:
		k.toPod(ev.Pod, func(p *pod) { k.sandboxStopped(p, ev) })
	case SandboxRemoved:
		k.toPod(ev.Pod, func(p *pod) { k.sandboxRemoved(p) })
	case VolumeFailed:
		k.toPod(ev.Pod, func(p *pod) { k.volumeFailed(p, ev.Volume, ev.Error) })
	case ContainerStarted:
		k.toContainer(ev.Pod, ev.ID, func(p *pod, c *container) { k.containerStarted(p, c, ev) })
	case ContainerStartFailed:
		k.toContainer(ev.Pod, ev.ID, func(p *pod, c *container) { k.containerStartFailed(p, c, ev) })
	case ContainerExited:
		k.toContainer(ev.Pod, ev.ID, func(p *pod, c *container) { k.containerExited(p, c, ev) })
	case ContainerUpdated:
		k.toContainer(ev.Pod, ev.ID, func(p *pod, c *container) { k.containerUpdated(p, c, ev) })
	case ProbeResult:
		k.probeResult(ev)
	case HookResult:
		k.toContainer(ev.Pod, ev.Container, func(p *pod, c *container) { k.hookResult(p, c, ev) })
	}
}

// toPod lets a pod's state take note of an event, and looks at the pod again.
func (k *Kubelet) toPod(uid types.UID, note func(*pod)) {
	p := k.edit(uid)
	if p == nil {
		return
	}
	p.dirty = true
	note(p)
	k.enqueue(uid)
}

// toContainer is toPod for a container of the pod.
func (k *Kubelet) toContainer(uid types.UID, id string, note func(*pod, *container)) {
	p := k.edit(uid)
	if p == nil {
		return
	}
	if c := p.container(id); c != nil {
		p.dirty = true
		note(p, c)
		k.enqueue(uid)
	}
}
