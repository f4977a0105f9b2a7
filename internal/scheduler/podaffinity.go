package scheduler

import (
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// hardAffinityWeight is what required affinity of a pod that is there counts
// for when another one is scored.
const hardAffinityWeight = 1

// domain is a value of a topology key.
type domain struct{ key, value string }

// affinityState is InterPodAffinity's view of one attempt: for each domain, how
// many pods there matter.
type affinityState struct {
	// attracting and repelling are pods that the pod's own terms select;
	// refusing are pods that do not want it near.
	attracting, repelling, refusing map[domain]int64
	// weights of domains, by preferences of either side.
	weights map[domain]int64
}

func podTerms(api *corev1.Pod, terms []corev1.PodAffinityTerm) []podTerm {
	var out []podTerm
	for i := range terms {
		t := &terms[i]
		term := podTerm{selector: asSelector(t.LabelSelector), topologyKey: t.TopologyKey, namespaces: t.Namespaces}
		if t.NamespaceSelector != nil {
			term.namespaceSelector = asSelector(t.NamespaceSelector)
		} else if len(t.Namespaces) == 0 {
			term.namespaces = []string{api.Namespace}
		}
		out = append(out, term)
	}
	return out
}

func weightedTerms(api *corev1.Pod, terms []corev1.WeightedPodAffinityTerm) []weightedTerm {
	var out []weightedTerm
	for i := range terms {
		term := podTerms(api, []corev1.PodAffinityTerm{terms[i].PodAffinityTerm})[0]
		out = append(out, weightedTerm{podTerm: term, weight: int64(terms[i].Weight)})
	}
	return out
}

var namespaceResource = schema.GroupResource{Resource: "namespaces"}

// selects reports whether a term is about a pod.
func (s *Scheduler) selects(t *podTerm, api *corev1.Pod) bool {
	if t.selector == nil || !t.selector.Matches(labels.Set(api.Labels)) {
		return false
	}
	if slices.Contains(t.namespaces, api.Namespace) {
		return true
	}
	if t.namespaceSelector == nil {
		return false
	}
	if t.namespaceSelector.Empty() {
		return true
	}
	item := s.registry.Store.Get(namespaceResource, "", api.Namespace)
	return item != nil && t.namespaceSelector.Matches(labels.Set(item.Object.GetLabels()))
}

// count adds to the domain of a node, if it has one.
func count(m *map[domain]int64, n *node, key string, by int64) {
	value, ok := n.label(key)
	if !ok || by == 0 {
		return
	}
	if *m == nil {
		*m = map[domain]int64{}
	}
	(*m)[domain{key, value}] += by
}

// prepareAffinity finds the pods that matter for the filter.
func (c *cycle) prepareAffinity(all []*node) {
	c.affinity = affinityState{}
	a, p, s := &c.affinity, c.pod, c.scheduler
	for _, n := range all {
		if n.name == c.emptied {
			n = c.emptiedNode
		}
		for _, other := range n.anti {
			for i := range other.anti {
				if t := &other.anti[i]; s.selects(t, p.api) {
					count(&a.refusing, n, t.topologyKey, 1)
				}
			}
		}
		if len(p.affinity)+len(p.anti) == 0 {
			continue
		}
		for _, other := range n.pods {
			c.countOwnTerms(n, other)
		}
	}
}

func (c *cycle) countOwnTerms(n *node, other *pod) {
	a, p, s := &c.affinity, c.pod, c.scheduler
	if len(p.affinity) > 0 && s.selectedByAll(p.affinity, other.api) {
		for i := range p.affinity {
			count(&a.attracting, n, p.affinity[i].topologyKey, 1)
		}
	}
	for i := range p.anti {
		if t := &p.anti[i]; s.selects(t, other.api) {
			count(&a.repelling, n, t.topologyKey, 1)
		}
	}
}

func (s *Scheduler) selectedByAll(terms []podTerm, api *corev1.Pod) bool {
	for i := range terms {
		if !s.selects(&terms[i], api) {
			return false
		}
	}
	return true
}

// filterPodAffinity is InterPodAffinity.
func filterPodAffinity(c *cycle, p *pod, n *node) *verdict {
	a := &c.affinity
	switch {
	case !c.attracted(n):
		return hopeless(interPodAffinity, "node(s) didn't match pod affinity rules")
	case anyTerm(p.anti, a.repelling, n):
		return unfit(interPodAffinity, "node(s) didn't match pod anti-affinity rules")
	case refused(a.refusing, n):
		return unfit(interPodAffinity, "node(s) didn't satisfy existing pods anti-affinity rules")
	}
	return nil
}

// refused reports whether a pod that is there does not want others in a domain
// of the node.
func refused(refusing map[domain]int64, n *node) bool {
	for d := range refusing {
		if value, ok := n.label(d.key); ok && value == d.value {
			return true
		}
	}
	return false
}

// attracted reports whether a node meets the pod's affinity to others. The
// first of a group of pods that want to be together may go anywhere.
func (c *cycle) attracted(n *node) bool {
	terms := c.pod.affinity
	if len(terms) == 0 {
		return true
	}
	all := true
	for i := range terms {
		value, ok := n.label(terms[i].topologyKey)
		if !ok {
			return false
		}
		all = all && c.affinity.attracting[domain{terms[i].topologyKey, value}] > 0
	}
	return all || len(c.affinity.attracting) == 0 && c.scheduler.selectedByAll(terms, c.pod.api)
}

func anyTerm(terms []podTerm, counts map[domain]int64, n *node) bool {
	for i := range terms {
		if value, ok := n.label(terms[i].topologyKey); ok && counts[domain{terms[i].topologyKey, value}] > 0 {
			return true
		}
	}
	return false
}

// prepareAffinityScores weighs the domains by the preferences of the pod and of
// those that are there.
func (c *cycle) prepareAffinityScores(feasible []*node) {
	p, s, a := c.pod, c.scheduler, &c.affinity
	a.weights = nil
	for _, n := range s.existing() {
		others := n.affine
		if len(p.prefer)+len(p.preferAnti) > 0 {
			others = n.pods
		}
		for _, other := range others {
			c.weigh(n, p.prefer, other.api, 1)
			c.weigh(n, p.preferAnti, other.api, -1)
			c.weigh(n, other.prefer, p.api, 1)
			c.weigh(n, other.preferAnti, p.api, -1)
			for i := range other.affinity {
				if t := &other.affinity[i]; s.selects(t, p.api) {
					count(&a.weights, n, t.topologyKey, hardAffinityWeight)
				}
			}
		}
	}
}

func (c *cycle) weigh(n *node, terms []weightedTerm, about *corev1.Pod, sign int64) {
	for i := range terms {
		if t := &terms[i]; c.scheduler.selects(&t.podTerm, about) {
			count(&c.affinity.weights, n, t.topologyKey, sign*t.weight)
		}
	}
}

func skipPodAffinity(c *cycle, _ *pod) bool { return len(c.affinity.weights) == 0 }

func scorePodAffinity(c *cycle, _ *pod, n *node) int64 {
	sum := int64(0)
	for d, weight := range c.affinity.weights {
		if value, ok := n.label(d.key); ok && value == d.value {
			sum += weight
		}
	}
	return sum
}

func normalizePodAffinity(_ *cycle, scores []int64, _ []*node) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, s := range scores {
		least, most = min(least, s), max(most, s)
	}
	for i, s := range scores {
		scores[i] = 0
		if most > least {
			scores[i] = int64(maxScore * (float64(s-least) / float64(most-least)))
		}
	}
}
