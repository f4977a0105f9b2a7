package scheduler

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/registry"
)

// cycle is one attempt to find a node for a pod: what its plugins have worked
// out beforehand.
type cycle struct {
	scheduler *Scheduler
	pod       *pod
	// named are the only nodes to be looked at, nil for all.
	named map[string]bool
	// selective: the pod's node selector or affinity restricts it to some nodes.
	selective   bool
	preferred   *nodeaffinity.PreferredSchedulingTerms
	volumes     podVolumes
	spread      spreadState
	affinity    affinityState
	imageSpread map[string]int64
	// emptied is a node that pods have been removed from, for a trial.
	emptied     string
	emptiedNode *node
	removed     []*pod
	// verdicts on the nodes that do not fit, by name.
	verdicts map[string]*verdict
}

// rejection says why a pod fits nowhere.
type rejection struct {
	message string // before what preemption has to say
	by      plugin
	// final: no eviction could help.
	final bool
}

// schedule tries to find a node for a pod, and assigns it.
func (s *Scheduler) schedule(e entry) {
	api, ok := client.Get[*corev1.Pod](s.client, e.namespace, e.name)
	if !ok || api.UID != e.uid || api.Spec.NodeName != "" || !mine(api) {
		s.queue.remove(e.uid)
		return
	}
	c := &cycle{scheduler: s, pod: newPod(api)}
	n, rejected := c.find()
	if rejected != nil {
		s.fail(c, e, rejected)
		return
	}
	s.bind(c, e, n)
}

// find chooses the best node for the pod, or says why there is none.
func (c *cycle) find() (*node, *rejection) {
	all := c.scheduler.existing()
	if len(all) == 0 {
		return nil, &rejection{message: "no nodes available to schedule pods", by: anyPlugin, final: true}
	}
	if rejected := c.prepare(all); rejected != nil {
		return nil, rejected
	}
	feasible := c.filter(all)
	switch len(feasible) {
	case 0:
		return nil, c.unfit(len(all))
	case 1:
		return feasible[0], nil
	}
	return c.best(feasible), nil
}

// existing are the nodes whose Node is there.
func (s *Scheduler) existing() []*node {
	for i, n := range s.nodes.list {
		if n.api == nil {
			list := slices.Clone(s.nodes.list[:i])
			for _, n := range s.nodes.list[i:] {
				if n.api != nil {
					list = append(list, n)
				}
			}
			return list
		}
	}
	return s.nodes.list
}

// prepare works out what the filters need. It fails for a pod that can't go
// anywhere, whatever the nodes are like.
func (c *cycle) prepare(all []*node) *rejection {
	spec := &c.pod.api.Spec
	c.selective = len(spec.NodeSelector) > 0 || spec.Affinity != nil && spec.Affinity.NodeAffinity != nil
	c.named = namedNodes(c.pod)
	c.preferred = preferredTerms(c.pod)
	if message, final := c.prepareVolumes(); message != "" {
		return &rejection{message: fmt.Sprintf("0/%d nodes are available: %s.", len(all), message), by: volumeBinding, final: final}
	}
	c.prepareSpread(all)
	c.prepareAffinity(all)
	return nil
}

// enough is how many nodes that fit are found before the search ends, as
// kube-scheduler has it by default: all of up to 100, then a shrinking share.
func enough(nodes int) int {
	const least = 100
	if nodes < least {
		return nodes
	}
	percent := max(50-nodes/125, 5)
	return max(nodes*percent/100, least)
}

// filter finds nodes that the pod fits on, and notes verdicts on the others.
func (c *cycle) filter(all []*node) []*node {
	want := enough(len(all))
	feasible := make([]*node, 0, want)
	start := c.scheduler.next % len(all)
	seen := 0
	for ; seen < len(all) && len(feasible) < want; seen++ {
		n := all[(start+seen)%len(all)]
		if v := c.check(n); v != nil {
			c.reject(n, v)
			continue
		}
		feasible = append(feasible, n)
	}
	if seen < len(all) {
		c.scheduler.next = start + seen
	}
	return feasible
}

func (c *cycle) reject(n *node, v *verdict) {
	if c.verdicts == nil {
		c.verdicts = map[string]*verdict{}
	}
	c.verdicts[n.name] = v
}

// check tells whether the pod fits on a node, also once the pods have come that
// are nominated to it.
func (c *cycle) check(n *node) *verdict {
	if c.named != nil && !c.named[n.name] {
		return hopeless(nodeAffinity, "node(s) didn't satisfy plugin(s) [NodeAffinity]")
	}
	if with := c.withNominated(n); with != nil {
		if v := c.passes(with); v != nil {
			return v
		}
	}
	return c.passes(n)
}

func (c *cycle) passes(n *node) *verdict {
	for _, filter := range filters {
		if v := filter(c, c.pod, n); v != nil {
			return v
		}
	}
	return nil
}

// withNominated is the node with the pods added that are nominated to it and
// at least as important, nil if there are none.
func (c *cycle) withNominated(n *node) *node {
	if len(c.scheduler.nominated) == 0 {
		return nil
	}
	var with *node
	for _, p := range c.scheduler.nominees(n.name) {
		if p.api.UID == c.pod.api.UID || p.priority() < c.pod.priority() {
			continue
		}
		if with == nil {
			with = n.copy(nil)
		}
		with.add(p)
	}
	return with
}

// best chooses among the nodes that fit: the highest score, at random among
// equals.
func (c *cycle) best(feasible []*node) *node {
	totals := make([]int64, len(feasible))
	scores := make([]int64, len(feasible))
	c.prepareScores(feasible)
	for i := range scorers {
		sc := &scorers[i]
		if sc.skip != nil && sc.skip(c, c.pod) {
			continue
		}
		for j, n := range feasible {
			scores[j] = sc.score(c, c.pod, n)
		}
		if sc.normalize != nil {
			sc.normalize(c, scores, feasible)
		}
		for j := range totals {
			totals[j] += sc.weight * scores[j]
		}
	}
	return c.choose(feasible, totals)
}

// choose takes a node with the highest score, at random if there are several.
func (c *cycle) choose(feasible []*node, totals []int64) *node {
	best := make([]*node, 0, len(feasible))
	highest := slices.Max(totals)
	for i, n := range feasible {
		if totals[i] == highest {
			best = append(best, n)
		}
	}
	if len(best) == 1 {
		return best[0]
	}
	return best[c.scheduler.registry.Loop.Rand().IntN(len(best))]
}

func (c *cycle) prepareScores(feasible []*node) {
	c.prepareSpreadScores(feasible)
	c.prepareAffinityScores(feasible)
}

// unfit sums up the verdicts on all nodes.
func (c *cycle) unfit(total int) *rejection {
	r := &rejection{message: summarize(total, c.verdicts)}
	for _, v := range c.verdicts {
		r.by |= v.plugin
	}
	return r
}

// summarize counts reasons as kube-scheduler words them: "0/3 nodes are
// available: 1 Too many pods, 2 Insufficient cpu."
func summarize(total int, verdicts map[string]*verdict) string {
	counts := map[string]int{}
	for _, v := range verdicts {
		for _, reason := range v.reasons {
			counts[reason]++
		}
	}
	parts := make([]string, 0, len(counts))
	for reason, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(parts)
	text := fmt.Sprintf("0/%d nodes are available", total)
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, ", ") + "."
}

// bind assigns the pod to a node.
func (s *Scheduler) bind(c *cycle, e entry, n *node) {
	if !s.bindVolumes(c, n) {
		s.queue.hold(e, s.registry.Loop.Now())
		return
	}
	api := c.pod.api
	q := registry.Request{
		Kind: client.KindOf[*corev1.Pod](s.client), Namespace: e.namespace, Name: e.name,
		Subresource: "binding", User: s.client.User, Manager: s.client.Manager,
	}
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: e.namespace, Name: e.name, UID: e.uid},
		Target:     corev1.ObjectReference{Kind: "Node", Name: n.name},
	}
	s.binding = c.pod
	_, err := s.registry.Bind(q, binding)
	s.binding = nil
	if err != nil {
		s.queue.retry(e, s.registry.Loop.Now())
		return
	}
	s.queue.remove(e.uid)
	s.events.Action(api, corev1.EventTypeNormal, "Scheduled", "Binding",
		fmt.Sprintf("Successfully assigned %s/%s to %s", e.namespace, e.name, n.name))
}

func (p *pod) priority() int32 {
	if p.api.Spec.Priority != nil {
		return *p.api.Spec.Priority
	}
	return 0
}
