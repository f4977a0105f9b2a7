package kubelet

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// resizeState is how far the resizing of a pod's containers in place has come;
// see https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
type resizeState struct {
	// pending says why the new resources can't be had, if they can't.
	pending outcome
	// underWay is set while the runtime changes containers; failed is what it
	// answered last, if it could not.
	underWay bool
	failed   string
}

// syncResize gives the running containers the resources that the spec asks
// for, as far as the node has them.
func (k *Kubelet) syncResize(p *pod) {
	if !p.changed && p.resize.pending == (outcome{}) {
		return
	}
	changed := p.resized()
	if len(changed) == 0 {
		p.setResize(resizeState{})
		return
	}
	if pending := k.refuseResize(p); pending != (outcome{}) {
		p.setResize(resizeState{pending: pending})
		return
	}
	p.requests = requestsOf(p.api)
	p.setResize(resizeState{underWay: true})
	for _, c := range changed {
		k.resize(p, c)
	}
}

func (p *pod) setResize(to resizeState) {
	if p.resize != to {
		p.resize, p.dirty = to, true
	}
}

// resized are the running containers whose resources differ from the spec's.
func (p *pod) resized() []*container {
	var out []*container
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase == running && c.stop.stage == notStopping && !equality.Semantic.DeepEqual(*c.resources, p.spec(c).Resources) {
			out = append(out, c)
		}
	}
	return out
}

// refuseResize says why the node can't give a pod what it asks for now, if it
// can't.
func (k *Kubelet) refuseResize(p *pod) outcome {
	want, node := requestsOf(p.api), requestsOfList(k.node.allocatable)
	used, _ := k.requested(p)
	for _, r := range []struct {
		name                  corev1.ResourceName
		want, used, available int64
	}{
		{corev1.ResourceCPU, want.cpu, used.cpu, node.cpu},
		{corev1.ResourceMemory, want.memory, used.memory, node.memory},
	} {
		if r.want > r.available {
			return outcome{corev1.PodReasonInfeasible, fmt.Sprintf(
				"Node didn't have enough capacity: %s, requested: %d, capacity: %d", r.name, r.want, r.available)}
		}
		if r.want > r.available-r.used {
			return outcome{corev1.PodReasonDeferred, fmt.Sprintf(
				"Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", r.name, r.want, r.used, r.available)}
		}
	}
	return outcome{}
}

// resize changes a container, by restarting it where it asks for that.
func (k *Kubelet) resize(p *pod, c *container) {
	spec := p.spec(c)
	for _, policy := range spec.ResizePolicy {
		if policy.RestartPolicy == corev1.RestartContainer && resourceDiffers(policy.ResourceName, c.resources, &spec.Resources) {
			k.beginStop(p, c, p.gracePeriod(), fmt.Sprintf("Container %s resize requires restart", c.name))
			return
		}
	}
	k.runtime.Do(UpdateContainer{Pod: p.uid(), ID: c.id, Resources: spec.Resources})
}

func resourceDiffers(name corev1.ResourceName, a, b *corev1.ResourceRequirements) bool {
	return !a.Requests[name].Equal(b.Requests[name]) || !a.Limits[name].Equal(b.Limits[name])
}

// containerUpdated takes note of a container's new resources.
func (k *Kubelet) containerUpdated(p *pod, c *container, ev ContainerUpdated) {
	if c.phase != running {
		return
	}
	if ev.Error != "" {
		p.resize.failed = ev.Error
		return
	}
	c.resources = &p.spec(c).Resources
	if len(p.resized()) == 0 {
		k.event(p, corev1.EventTypeNormal, "ResizeCompleted", "Pod resize completed")
		p.resize = resizeState{}
	}
}
