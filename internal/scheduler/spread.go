package scheduler

import (
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
)

// spreadState is PodTopologySpread's view of one attempt; see
// https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
type spreadState struct {
	hard, soft []spreadConstraint
	// byDefault: the soft constraints are not the pod's own.
	byDefault bool
	ignored   map[string]bool // nodes that lack a topology key, when scoring
	raw       []float64
}

type spreadConstraint struct {
	key        string
	maxSkew    int64
	minDomains int64
	selector   labels.Selector
	self       int64 // 1 if the pod selects itself
	// policies: which nodes count.
	honorAffinity, honorTaints bool
	// pods that are selected: on each node, and in each domain.
	onNode   *matchCount
	inDomain map[string]int64
	fewest   int64
	weight   float64
}

// spreadConstraintsOf are a pod's own constraints of one kind.
func (c *cycle) spreadConstraintsOf(when corev1.UnsatisfiableConstraintAction) []spreadConstraint {
	api := c.pod.api
	var out []spreadConstraint
	for i := range api.Spec.TopologySpreadConstraints {
		t := &api.Spec.TopologySpreadConstraints[i]
		if t.WhenUnsatisfiable != when {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(t.LabelSelector)
		if err != nil {
			continue // Validation lets none through that can't be parsed.
		}
		out = append(out, c.constraint(t.TopologyKey, int64(t.MaxSkew), withLabelKeys(selector, t.MatchLabelKeys, api.Labels),
			int64(ptr.Deref(t.MinDomains, 1)),
			ptr.Deref(t.NodeAffinityPolicy, corev1.NodeInclusionPolicyHonor) == corev1.NodeInclusionPolicyHonor,
			ptr.Deref(t.NodeTaintsPolicy, corev1.NodeInclusionPolicyIgnore) == corev1.NodeInclusionPolicyHonor))
	}
	return out
}

func (c *cycle) constraint(key string, skew int64, selector labels.Selector, minDomains int64, affinity, taints bool) spreadConstraint {
	sc := spreadConstraint{
		key: key, maxSkew: skew, minDomains: minDomains, selector: selector, honorAffinity: affinity, honorTaints: taints,
		onNode: c.scheduler.counts.of(c.scheduler, c.pod.api.Namespace, selector),
	}
	if selector.Matches(labels.Set(c.pod.api.Labels)) {
		sc.self = 1
	}
	return sc
}

// withLabelKeys narrows a selector to the pod's own values of some labels.
func withLabelKeys(selector labels.Selector, keys []string, set map[string]string) labels.Selector {
	own := labels.Set{}
	for _, key := range keys {
		if value, ok := set[key]; ok {
			own[key] = value
		}
	}
	if len(own) == 0 {
		return selector
	}
	requirements, _ := labels.SelectorFromSet(own).Requirements()
	return selector.Add(requirements...)
}

// prepareSpread counts the pods that the hard constraints are about.
func (c *cycle) prepareSpread(all []*node) {
	c.spread = spreadState{}
	if len(c.pod.api.Spec.TopologySpreadConstraints) == 0 {
		return
	}
	hard := c.spreadConstraintsOf(corev1.DoNotSchedule)
	for i := range hard {
		sc := &hard[i]
		sc.inDomain = map[string]int64{}
		for _, n := range all {
			if c.counts(sc, n) && hasKeys(n, hard) {
				value, _ := n.label(sc.key)
				sc.inDomain[value] += c.matching(sc, n)
			}
		}
		sc.fewest = math.MaxInt64
		for _, count := range sc.inDomain {
			sc.fewest = min(sc.fewest, count)
		}
		if int64(len(sc.inDomain)) < sc.minDomains || len(sc.inDomain) == 0 {
			sc.fewest = 0
		}
	}
	c.spread.hard = hard
}

// counts reports whether a constraint takes a node into account.
func (c *cycle) counts(sc *spreadConstraint, n *node) bool {
	if sc.honorAffinity && filterNodeAffinity(c, c.pod, n) != nil {
		return false
	}
	return !sc.honorTaints || filterTaints(c, c.pod, n) == nil
}

// matching is the number of pods on a node that a constraint selects.
func (c *cycle) matching(sc *spreadConstraint, n *node) int64 {
	count := sc.onNode.byNode[n.name]
	if n.name == c.emptied {
		for _, p := range c.removed {
			count -= sc.onNode.matches(p)
		}
	}
	return count
}

func hasKeys(n *node, list []spreadConstraint) bool {
	return !slices.ContainsFunc(list, func(sc spreadConstraint) bool {
		_, ok := n.label(sc.key)
		return !ok
	})
}

const spreadReason = "node(s) didn't match pod topology spread constraints"

// filterSpread is PodTopologySpread: no hard constraint's skew grows too big.
func filterSpread(c *cycle, _ *pod, n *node) *verdict {
	for i := range c.spread.hard {
		sc := &c.spread.hard[i]
		value, ok := n.label(sc.key)
		if !ok {
			return hopeless(topologySpread, spreadReason+" (missing required label)")
		}
		if sc.inDomain[value]+sc.self-sc.fewest > sc.maxSkew {
			return unfit(topologySpread, spreadReason)
		}
	}
	return nil
}

// prepareSpreadScores counts the pods that the soft constraints are about,
// or those that kube-scheduler has for pods of a service or controller.
func (c *cycle) prepareSpreadScores(feasible []*node) {
	s := &c.spread
	s.soft, s.byDefault, s.ignored = nil, false, nil
	if len(c.pod.api.Spec.TopologySpreadConstraints) > 0 {
		s.soft = c.spreadConstraintsOf(corev1.ScheduleAnyway)
	} else if selector := c.scheduler.ownSelector(c.pod.api); selector != nil {
		s.byDefault = true
		s.soft = []spreadConstraint{
			c.constraint(corev1.LabelHostname, 3, selector, 1, true, false),
			c.constraint(corev1.LabelTopologyZone, 5, selector, 1, true, false),
		}
	}
	for i := range s.soft {
		c.prepareSoft(&s.soft[i], feasible)
	}
	s.soft = slices.DeleteFunc(s.soft, func(sc spreadConstraint) bool {
		return sc.key != corev1.LabelHostname && len(sc.inDomain) == 0 // no node has the label, as in clusters without zones
	})
}

func (c *cycle) prepareSoft(sc *spreadConstraint, feasible []*node) {
	s := &c.spread
	domains := map[string]int64{}
	size := 0
	for _, n := range feasible {
		if !s.byDefault && !hasKeys(n, s.soft) {
			if s.ignored == nil {
				s.ignored = map[string]bool{}
			}
			s.ignored[n.name] = true
			continue
		}
		size++
		if sc.key == corev1.LabelHostname {
			continue // every node is a domain of its own
		}
		if value, ok := n.label(sc.key); ok {
			domains[value] = 0
		}
	}
	if sc.key == corev1.LabelHostname {
		sc.weight = math.Log(float64(size + 2))
		return
	}
	sc.inDomain, sc.weight = domains, math.Log(float64(len(domains)+2))
	if len(domains) == 0 {
		return
	}
	for _, n := range c.scheduler.existing() {
		value, ok := n.label(sc.key)
		if _, wanted := domains[value]; ok && wanted && c.counts(sc, n) {
			domains[value] += sc.onNode.byNode[n.name]
		}
	}
}

func skipSpread(c *cycle, _ *pod) bool { return len(c.spread.soft) == 0 }

func scoreSpread(c *cycle, _ *pod, n *node) int64 {
	score := 0.0
	for i := range c.spread.soft {
		sc := &c.spread.soft[i]
		value, ok := n.label(sc.key)
		if !ok {
			continue
		}
		count := sc.inDomain[value]
		if sc.key == corev1.LabelHostname {
			count = sc.onNode.byNode[n.name]
		}
		score += float64(count)*sc.weight + float64(sc.maxSkew-1)
	}
	return int64(math.Round(score))
}

func normalizeSpread(c *cycle, scores []int64, list []*node) {
	least, most := int64(math.MaxInt64), int64(0)
	for i, n := range list {
		if !c.spread.ignored[n.name] {
			least, most = min(least, scores[i]), max(most, scores[i])
		}
	}
	for i, n := range list {
		switch {
		case c.spread.ignored[n.name]:
			scores[i] = 0
		case most == 0:
			scores[i] = maxScore
		default:
			scores[i] = maxScore * (most + least - scores[i]) / most
		}
	}
}

// matchCount is how many pods of a namespace a selector selects on each node.
type matchCount struct {
	namespace string
	selector  labels.Selector
	byNode    map[string]int64
}

// matches is 1 if the selector selects a pod that is there to stay.
func (m *matchCount) matches(p *pod) int64 {
	if p.api.Namespace == m.namespace && p.api.DeletionTimestamp == nil && m.selector.Matches(labels.Set(p.api.Labels)) {
		return 1
	}
	return 0
}

// spreadCounts remembers the counts of the selectors used last, and keeps them
// up to date: pods of one controller, one after the other, have the same.
type spreadCounts struct {
	byKey map[string]*matchCount
}

const maxCounts = 64

func newSpreadCounts() spreadCounts { return spreadCounts{byKey: map[string]*matchCount{}} }

// of returns the counts of a selector, counting where they are not known.
func (s *spreadCounts) of(sched *Scheduler, namespace string, selector labels.Selector) *matchCount {
	key := namespace + "\x00" + selector.String()
	if m, ok := s.byKey[key]; ok {
		return m
	}
	if len(s.byKey) >= maxCounts {
		clear(s.byKey)
	}
	m := &matchCount{namespace: namespace, selector: selector, byNode: map[string]int64{}}
	for _, n := range sched.nodes.list {
		for _, p := range n.pods {
			m.byNode[n.name] += m.matches(p)
		}
	}
	s.byKey[key] = m
	return m
}

// changed counts a pod that has come to (1) or left (-1) a node.
func (s *spreadCounts) changed(p *pod, node string, by int64) {
	for _, m := range s.byKey {
		if d := m.matches(p); d != 0 {
			m.byNode[node] += d * by
		}
	}
}

func (s *spreadCounts) fork() spreadCounts {
	c := newSpreadCounts()
	for key, m := range s.byKey {
		c.byKey[key] = &matchCount{namespace: m.namespace, selector: m.selector, byNode: maps.Clone(m.byNode)}
	}
	return c
}
