package kubelet

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	resourcehelper "k8s.io/component-helpers/resource"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

// requests is what a pod asks of its node.
type requests struct {
	cpu, memory, storage int64 // millicores, bytes, bytes
	// others are extended resources; replaced, never changed in place.
	others corev1.ResourceList
}

func requestsOf(pod *corev1.Pod) requests {
	list := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{UseStatusResources: true})
	r := requests{cpu: list.Cpu().MilliValue(), memory: list.Memory().Value(), storage: list.StorageEphemeral().Value()}
	for name, q := range list {
		if name != corev1.ResourceCPU && name != corev1.ResourceMemory && name != corev1.ResourceEphemeralStorage {
			if r.others == nil {
				r.others = corev1.ResourceList{}
			}
			r.others[name] = q
		}
	}
	return r
}

// admit decides whether a new pod may run on the node.
func (k *Kubelet) admit(p *pod) {
	p.requests = requestsOf(p.api)
	switch {
	case p.deleted():
		k.beginTermination(p)
		return
	case p.api.Status.Phase == corev1.PodFailed || p.api.Status.Phase == corev1.PodSucceeded:
		p.advance(ended) // by a kubelet that ran before this one
		return
	}
	if refused := k.refuse(p); refused != nil {
		k.event(p, corev1.EventTypeWarning, refused.reason, refused.message)
		p.rejection = &outcome{refused.reason, "Pod was rejected: " + refused.message}
		p.advance(ended)
		return
	}
	p.advance(active)
}

// refuse says why a pod can't run on the node, nil if it can.
func (k *Kubelet) refuse(p *pod) *outcome {
	node := k.node.api
	if node == nil {
		return nil
	}
	if o := k.insufficient(p); o != nil {
		return o
	}
	if ok, err := nodeaffinity.GetRequiredNodeAffinity(p.api).Match(node); !ok || err != nil {
		return &outcome{"NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"}
	}
	if k.portTaken(p) {
		return &outcome{"NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"}
	}
	noExecute := func(t *corev1.Taint) bool { return t.Effect == corev1.TaintEffectNoExecute }
	if _, found := schedulinghelper.FindMatchingUntoleratedTaint(klog.Background(), node.Spec.Taints, p.api.Spec.Tolerations, noExecute, false); found {
		return &outcome{"TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"}
	}
	return nil
}

// insufficient says which resource of the node the pod asks too much of.
func (k *Kubelet) insufficient(p *pod) *outcome {
	used, pods := k.requested(p)
	want, node := p.requests, requestsOfList(k.node.allocatable)
	for _, r := range []struct {
		name                  corev1.ResourceName
		want, used, available int64
	}{
		{corev1.ResourcePods, 1, pods, k.node.allocatable.Pods().Value()},
		{corev1.ResourceCPU, want.cpu, used.cpu, node.cpu},
		{corev1.ResourceMemory, want.memory, used.memory, node.memory},
		{corev1.ResourceEphemeralStorage, want.storage, used.storage, node.storage},
	} {
		if r.want > 0 && r.want > r.available-r.used {
			return &outcome{"OutOf" + string(r.name), fmt.Sprintf(
				"Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", r.name, r.want, r.used, r.available)}
		}
	}
	return nil
}

func requestsOfList(list corev1.ResourceList) requests {
	return requests{cpu: list.Cpu().MilliValue(), memory: list.Memory().Value(), storage: list.StorageEphemeral().Value()}
}

// requested is what the node's other pods ask for, and how many they are.
func (k *Kubelet) requested(but *pod) (sum requests, pods int64) {
	k.eachOther(but, func(p *pod) bool {
		pods++
		sum.cpu += p.requests.cpu
		sum.memory += p.requests.memory
		sum.storage += p.requests.storage
		return true
	})
	return sum, pods
}

// eachOther calls f for the admitted pods of the node that use its resources.
func (k *Kubelet) eachOther(but *pod, f func(*pod) bool) {
	k.pods.Scan(func(_ types.UID, p *pod) bool {
		if p == but || p.stage != active && p.stage != terminating {
			return true
		}
		return f(p)
	})
}

// portTaken reports whether another pod has a port of the node that the pod
// wants.
func (k *Kubelet) portTaken(p *pod) bool {
	mine := hostPorts(p.api)
	if len(mine) == 0 {
		return false
	}
	taken := false
	k.eachOther(p, func(o *pod) bool {
		for _, a := range mine {
			for _, b := range hostPorts(o.api) {
				taken = taken || portsClash(a, b)
			}
		}
		return !taken
	})
	return taken
}

func hostPorts(pod *corev1.Pod) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for i := range pod.Spec.Containers {
		for _, port := range pod.Spec.Containers[i].Ports {
			if port.HostPort > 0 {
				ports = append(ports, port)
			}
		}
	}
	return ports
}

func portsClash(a, b corev1.ContainerPort) bool {
	wild := func(ip string) bool { return ip == "" || strings.Trim(ip, "0.:") == "" }
	return a.HostPort == b.HostPort && orElse(string(a.Protocol), "TCP") == orElse(string(b.Protocol), "TCP") &&
		(a.HostIP == b.HostIP || wild(a.HostIP) || wild(b.HostIP))
}
