package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// candidate is a node where a pod would fit once its victims are gone.
type candidate struct {
	node    *node
	victims []*pod // the most important first
	// violations of disruption budgets that it would take.
	violations int
}

// preempt tries to make room for a pod by evicting less important ones; see
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
// It returns the node where there will be room, and what it has to say.
func (s *Scheduler) preempt(c *cycle, r *rejection) (nominee, said string) {
	if r.final {
		// Devices are asked before preemption is tried, and they miss what they
		// would have noted had the pod got as far as to them.
		return "", " not found"
	}
	if reason := s.ineligible(c.pod); reason != "" {
		return "", " preemption: " + reason
	}
	all := s.existing()
	verdicts := make(map[string]*verdict, len(all))
	var candidates []candidate
	budgets := s.budgets()
	for _, n := range all {
		v := c.verdicts[n.name]
		if v == nil || v.hopeless {
			verdicts[n.name] = &verdict{reasons: []string{"Preemption is not helpful for scheduling"}}
			continue
		}
		found, why := c.victims(n, all, budgets)
		if why != nil {
			verdicts[n.name] = why
			continue
		}
		candidates = append(candidates, *found)
	}
	if len(candidates) == 0 {
		return "", " preemption: " + summarize(len(all), verdicts)
	}
	chosen := slices.MinFunc(candidates, compareCandidates)
	s.evict(c.pod, &chosen)
	s.nominated[c.pod.api.UID] = chosen.node.name
	return chosen.node.name, fmt.Sprintf(" preemption: found a potential placement for pod on node %s, preempting %d victims", chosen.node.name, len(chosen.victims))
}

// ineligible says why a pod must not preempt others, "" if it may.
func (s *Scheduler) ineligible(p *pod) string {
	if policy := p.api.Spec.PreemptionPolicy; policy != nil && *policy == corev1.PreemptNever {
		return "not eligible due to preemptionPolicy=Never."
	}
	n := s.nodes.get(s.nominated[p.api.UID])
	if n == nil {
		return ""
	}
	for _, other := range n.pods {
		if other.api.DeletionTimestamp != nil && other.priority() < p.priority() {
			return "not eligible due to a terminating pod on the nominated node."
		}
	}
	return ""
}

// victims finds the fewest and least important pods of a node that have to go
// so that the pod fits there.
func (c *cycle) victims(n *node, all []*node, budgets []*budget) (*candidate, *verdict) {
	without := n.copy(nil)
	var lower []*pod
	for _, p := range n.pods {
		if p.priority() < c.pod.priority() {
			lower = append(lower, p)
		}
	}
	if len(lower) == 0 {
		return nil, &verdict{reasons: []string{"No preemption victims found for incoming pod"}}
	}
	for _, p := range lower {
		without.drop(p.api.UID)
	}
	trial := *c
	if v := trial.fitsWithout(without, lower, all); v != nil {
		return nil, v
	}
	slices.SortStableFunc(lower, byImportance)
	violating, others := splitByBudget(lower, budgets)
	found := &candidate{node: n}
	out := slices.Clone(lower)
	reprieve := func(p *pod) bool {
		without.add(p)
		out = slices.DeleteFunc(out, func(o *pod) bool { return o == p })
		if trial.fitsWithout(without, out, all) == nil {
			return true
		}
		without.drop(p.api.UID)
		out = append(out, p)
		found.victims = append(found.victims, p)
		return false
	}
	for _, p := range violating {
		if !reprieve(p) {
			found.violations++
		}
	}
	for _, p := range others {
		reprieve(p)
	}
	slices.SortStableFunc(found.victims, byImportance)
	return found, nil
}

// fitsWithout tells whether the pod would fit on a node that some pods have
// left.
func (c *cycle) fitsWithout(n *node, removed []*pod, all []*node) *verdict {
	c.emptied, c.emptiedNode, c.removed = n.name, n, removed
	c.prepareSpread(all)
	c.prepareAffinity(all)
	return c.passes(n)
}

// byImportance orders pods by priority and then by age.
func byImportance(a, b *pod) int {
	return cmp.Or(cmp.Compare(b.priority(), a.priority()), startOf(a.api).Compare(startOf(b.api)), cmp.Compare(a.api.Name, b.api.Name))
}

func startOf(api *corev1.Pod) time.Time {
	if api.Status.StartTime != nil {
		return api.Status.StartTime.Time
	}
	return api.CreationTimestamp.Time
}

// compareCandidates prefers, in this order: fewer violated budgets, less
// important victims, fewer of them, younger ones.
func compareCandidates(a, b candidate) int {
	top := func(c candidate) int32 {
		if len(c.victims) == 0 {
			return -1 << 31
		}
		return c.victims[0].priority()
	}
	sum := func(c candidate) (n int64) {
		for _, v := range c.victims {
			n += int64(v.priority()) + 1<<31
		}
		return n
	}
	oldest := func(c candidate) time.Time {
		var at time.Time
		for _, v := range c.victims {
			if start := startOf(v.api); v.priority() == top(c) && (at.IsZero() || start.Before(at)) {
				at = start
			}
		}
		return at
	}
	return cmp.Or(
		cmp.Compare(a.violations, b.violations),
		cmp.Compare(top(a), top(b)),
		cmp.Compare(sum(a), sum(b)),
		cmp.Compare(len(a.victims), len(b.victims)),
		oldest(b).Compare(oldest(a)),
	)
}

// evict deletes the victims on a chosen node.
func (s *Scheduler) evict(p *pod, chosen *candidate) {
	for _, v := range chosen.victims {
		api, ok := client.Get[*corev1.Pod](s.client, v.api.Namespace, v.api.Name)
		if !ok || api.UID != v.api.UID || api.DeletionTimestamp != nil {
			continue
		}
		s.markVictim(api)
		if err := s.client.Delete(api, metav1.DeleteOptions{}); err != nil {
			continue // It is gone, or will be tried again.
		}
		s.events.Action(api, corev1.EventTypeNormal, "Preempted", "Preempting",
			fmt.Sprintf("Preempted by pod %v on node %v", p.api.UID, chosen.node.name))
	}
	for _, lower := range s.nominees(chosen.node.name) {
		if lower.priority() < p.priority() {
			s.withdraw(lower.api)
		}
	}
}

// markVictim says in a victim's status why it goes.
func (s *Scheduler) markVictim(api *corev1.Pod) {
	obj := *api
	obj.Status.Conditions = withCondition(api.Status.Conditions, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		Reason: corev1.PodReasonPreemptionByScheduler, Message: Name + ": preempting to accommodate a higher priority pod",
		ObservedGeneration: api.Generation, LastTransitionTime: metav1.NewTime(s.registry.Loop.Now()),
	})
	_, _ = client.UpdateStatus(s.client, &obj) // It goes anyway.
}

// nominate says which node a pod is to have that is not bound to it yet.
func (s *Scheduler) nominate(api *corev1.Pod, node string) {
	s.nominated[api.UID] = node
	if current, ok := client.Get[*corev1.Pod](s.client, api.Namespace, api.Name); ok && current.Status.NominatedNodeName != node {
		obj := *current
		obj.Status.NominatedNodeName = node
		_, _ = client.UpdateStatus(s.client, &obj) // It has been noted here.
	}
}

// withdraw takes back the nomination of a pod.
func (s *Scheduler) withdraw(api *corev1.Pod) {
	delete(s.nominated, api.UID)
	if current, ok := client.Get[*corev1.Pod](s.client, api.Namespace, api.Name); ok && current.Status.NominatedNodeName != "" {
		obj := *current
		obj.Status.NominatedNodeName = ""
		_, _ = client.UpdateStatus(s.client, &obj) // It has been forgotten here.
	}
}

// nominees are the pods that wait for room on a node, in order.
func (s *Scheduler) nominees(node string) []*pod {
	var out []*pod
	for uid, name := range s.nominated {
		if name != node {
			continue
		}
		e := s.queue.entries[uid]
		if api, ok := client.Get[*corev1.Pod](s.client, e.namespace, e.name); ok && api.UID == uid {
			out = append(out, newPod(api))
		}
	}
	slices.SortFunc(out, byImportance)
	return out
}

// budget is a disruption budget, and how many disruptions it still allows.
type budget struct {
	namespace string
	selector  labels.Selector
	status    *policyv1.PodDisruptionBudgetStatus
}

func (s *Scheduler) budgets() []*budget {
	var out []*budget
	s.registry.Store.Scan(pdbResource, "", func(item *store.Item) bool {
		pdb := item.Object.(*policyv1.PodDisruptionBudget)
		if selector := asSelector(pdb.Spec.Selector); selector != nil && !selector.Empty() {
			out = append(out, &budget{namespace: pdb.Namespace, selector: selector, status: &pdb.Status})
		}
		return true
	})
	return out
}

// splitByBudget parts the pods whose eviction would violate a budget from the
// others, taking them in order.
func splitByBudget(pods []*pod, budgets []*budget) (violating, others []*pod) {
	allowed := make([]int32, len(budgets))
	for i, b := range budgets {
		allowed[i] = b.status.DisruptionsAllowed
	}
	for _, p := range pods {
		violates := false
		for i, b := range budgets {
			if b.namespace != p.api.Namespace || len(p.api.Labels) == 0 || !b.selector.Matches(labels.Set(p.api.Labels)) {
				continue
			}
			if _, evicted := b.status.DisruptedPods[p.api.Name]; evicted {
				continue
			}
			allowed[i]--
			violates = violates || allowed[i] < 0
		}
		if violates {
			violating = append(violating, p)
		} else {
			others = append(others, p)
		}
	}
	return violating, others
}
