package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

// filterUnschedulable is NodeUnschedulable: cordoned nodes take only pods that
// tolerate it.
func filterUnschedulable(_ *cycle, p *pod, n *node) *verdict {
	if !n.api.Spec.Unschedulable || tolerates(p, &corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}) {
		return nil
	}
	return hopeless(nodeUnschedulable, "node(s) were unschedulable")
}

// filterNodeName is NodeName: a pod that names its node fits only there.
func filterNodeName(_ *cycle, p *pod, n *node) *verdict {
	if p.api.Spec.NodeName == "" || p.api.Spec.NodeName == n.name {
		return nil
	}
	return hopeless(nodeName, "node(s) didn't match the requested node name")
}

func tolerates(p *pod, taint *corev1.Taint) bool {
	return schedulinghelper.TolerationsTolerateTaint(klog.Background(), p.api.Spec.Tolerations, taint, false)
}

// filterTaints is TaintToleration.
func filterTaints(_ *cycle, p *pod, n *node) *verdict {
	for i := range n.taints {
		t := &n.taints[i]
		if t.Effect != corev1.TaintEffectPreferNoSchedule && !tolerates(p, t) {
			return hopeless(taintToleration, "node(s) had untolerated taint(s)")
		}
	}
	return nil
}

func skipTaints(c *cycle, _ *pod) bool { return !c.scheduler.preferTaints }

// scoreTaints counts the taints that should rather keep the pod away.
func scoreTaints(_ *cycle, p *pod, n *node) int64 {
	count := int64(0)
	for i := range n.taints {
		t := &n.taints[i]
		if t.Effect == corev1.TaintEffectPreferNoSchedule && !tolerates(p, t) {
			count++
		}
	}
	return count
}

// filterNodeAffinity is NodeAffinity: node selector and required affinity.
func filterNodeAffinity(c *cycle, p *pod, n *node) *verdict {
	if !c.selective {
		return nil
	}
	if ok, err := p.required.Match(n.api); ok && err == nil {
		return nil
	}
	return hopeless(nodeAffinity, "node(s) didn't match Pod's node affinity/selector")
}

func skipNodeAffinity(c *cycle, _ *pod) bool { return c.preferred == nil }

func scoreNodeAffinity(c *cycle, _ *pod, n *node) int64 { return c.preferred.Score(n.api) }

// preferredTerms are a pod's preferences among nodes, nil for none.
func preferredTerms(p *pod) *nodeaffinity.PreferredSchedulingTerms {
	a := p.api.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || len(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution) == 0 {
		return nil
	}
	terms, err := nodeaffinity.NewPreferredSchedulingTerms(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	if err != nil {
		return nil // Validation lets none through that can't be parsed.
	}
	return terms
}

// namedNodes are the names of the nodes that a pod's required affinity asks for
// by name in all its terms, as those of daemon sets do; nil for any.
func namedNodes(p *pod) map[string]bool {
	a := p.api.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	names := map[string]bool{}
	for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		named := false
		for _, f := range term.MatchFields {
			if f.Key == "metadata.name" && f.Operator == corev1.NodeSelectorOpIn {
				named = true
				for _, v := range f.Values {
					names[v] = true
				}
			}
		}
		if !named {
			return nil
		}
	}
	return names
}

// hostPort is a port of a node that a pod occupies.
type hostPort struct {
	ip       string
	protocol corev1.Protocol
	port     int32
}

func (p *pod) addPorts(c *corev1.Container) {
	for _, port := range c.Ports {
		if port.HostPort > 0 {
			h := hostPort{ip: port.HostIP, protocol: port.Protocol, port: port.HostPort}
			if h.ip == "" {
				h.ip = anyIP
			}
			if h.protocol == "" {
				h.protocol = corev1.ProtocolTCP
			}
			p.ports = append(p.ports, h)
		}
	}
}

const anyIP = "0.0.0.0"

func (h hostPort) clashes(o hostPort) bool {
	return h.port == o.port && h.protocol == o.protocol && (h.ip == o.ip || h.ip == anyIP || o.ip == anyIP)
}

// filterPorts is NodePorts: the host ports are free.
func filterPorts(_ *cycle, p *pod, n *node) *verdict {
	for _, want := range p.ports {
		for _, taken := range n.ports {
			if want.clashes(taken) {
				return unfit(nodePorts, "node(s) didn't have free ports for the requested pod ports")
			}
		}
	}
	return nil
}
