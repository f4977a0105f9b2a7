package nodelifecycle

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/node/topology"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// Where many nodes fail at once, it may well be the control plane that does not
// see them. So pods are driven away from one node after the other, the slower
// the more of a zone is not ready, and from none when no node of the cluster is
// ready; see
// https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction.
const (
	// usualPause is the time from one node of a zone to the next.
	usualPause = 10 * time.Second
	// disruptedPause is that of a large zone that is disrupted. Of a small one
	// no node is emptied.
	disruptedPause = 100 * time.Second
	// largeZone is the number of nodes that a zone has at most to be small.
	largeZone = 50
	// disrupted is the share of a zone's nodes that are not ready, and
	// fewestDisrupted their number, from which on it is disrupted.
	disrupted       = 0.55
	fewestDisrupted = 3
	// excluded is the label of nodes that do not count.
	excluded = "node.kubernetes.io/exclude-disruption"
	// gather is how long news of nodes are gathered.
	gather = 100 * time.Millisecond
)

// all is the key of all nodes together.
var all = loop.Key{}

// disruptions wakes the controller for all nodes when one is not ready, or is
// so again.
func disruptions(ev store.Event) []loop.Key {
	if ev.Type != store.Deleted && isReady(ev.Item) && isReady(ev.Old) {
		return nil
	}
	return []loop.Key{all}
}

func isReady(item *store.Item) bool { return item != nil && ready(item.Object.(*corev1.Node)) }

func ready(node *corev1.Node) bool {
	c := condition(node, corev1.NodeReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

// zone is what a failure has in common: the nodes of a zone of a region.
type zone struct {
	ready, notReady int
	// last is when pods were last driven away from a node.
	last time.Time
}

// pause is the time from one node to the next, or false for never.
func (z *zone) pause() (time.Duration, bool) {
	nodes := z.ready + z.notReady
	switch {
	case z.ready == 0 || z.notReady < fewestDisrupted || float64(z.notReady)/float64(nodes) < disrupted:
		return usualPause, true
	case nodes > largeZone:
		return disruptedPause, true
	}
	return 0, false
}

// take is how long it takes until the next node may be emptied, which is at once
// when that is 0, or false for never.
func (z *zone) take(now time.Time) (left time.Duration, may bool) {
	pause, may := z.pause()
	if left := z.last.Add(pause).Sub(now); !may || left > 0 {
		return left, may
	}
	z.last = now
	return 0, true
}

// zonesOf counts nodes by zone, and says whether all that count fail.
func zonesOf(nodes []*corev1.Node) (zones map[string]*zone, allFail bool) {
	zones = map[string]*zone{}
	readyNodes, notReady := 0, 0
	for _, node := range nodes {
		key := topology.GetZoneKey(node)
		if zones[key] == nil {
			zones[key] = &zone{}
		}
		z := zones[key]
		for _, t := range node.Spec.Taints {
			if drivesAway(t) && t.TimeAdded != nil && t.TimeAdded.After(z.last) {
				z.last = t.TimeAdded.Time
			}
		}
		switch _, out := node.Labels[excluded]; {
		case out:
		case ready(node):
			z.ready++
			readyNodes++
		default:
			z.notReady++
			notReady++
		}
	}
	return zones, notReady > 0 && readyNodes == 0
}

// drivesAway tells the taints that drive pods away from nodes that fail.
func drivesAway(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectNoExecute && managed(t) }

// driveAway empties the nodes that fail, as fast as their zones allow, and
// none, not even those that were being emptied, when all fail.
func (c *controller) driveAway() (controllers.Result, error) {
	nodes := client.List[*corev1.Node](c.client, "", nil)
	zones, allFail := zonesOf(nodes)
	var result controllers.Result
	for _, node := range nodes {
		empties := slices.ContainsFunc(node.Spec.Taints, drivesAway)
		if empties && allFail {
			if err := c.setTaints(node, scheduling(node)); err != nil {
				return result, err
			}
		}
		if empties || allFail || len(executing(node)) == 0 {
			continue
		}
		left, may := zones[topology.GetZoneKey(node)].take(c.client.Registry.Loop.Now())
		switch {
		case !may:
		case left > 0:
			result.After = sooner(result.After, left)
		default:
			if err := c.setTaints(node, append(scheduling(node), executing(node)...)); err != nil {
				return result, err
			}
		}
	}
	return result, nil
}

// sooner is the shorter of two durations, of which the first may be unset.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
