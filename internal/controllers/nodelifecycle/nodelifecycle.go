// Package nodelifecycle watches over nodes: it notices that one no longer
// heartbeats, and taints nodes by their conditions, as
// https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller and
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
// state.
package nodelifecycle

import (
	"fmt"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

const (
	// monitorGrace is how long a node may be silent.
	monitorGrace = 50 * time.Second
	// startupGrace is how long a new node may take to speak first.
	startupGrace   = 60 * time.Second
	leaseNamespace = "kube-node-lease"
)

var nodes = schema.GroupResource{Resource: "nodes"}

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// Run adds the node lifecycle controller to the loop. Its timers watch for
// heartbeats that are missing, so they count as background.
func Run(r *registry.Registry) {
	const name = "node-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, "")}
	controllers.RunInBackground(r, &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(nodes),
			{Resource: nodes, Keys: disruptions, Delay: gather},
		},
		Reconcile: c.reconcile,
	})
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	if key == all {
		return c.driveAway()
	}
	node, ok := client.Get[*corev1.Node](c.client, "", key.Name)
	if !ok || node.DeletionTimestamp != nil {
		return controllers.Result{}, nil
	}
	silent := c.silentAt(node)
	now := c.client.Registry.Loop.Now()
	if left := silent.Sub(now); left > 0 {
		return controllers.Result{After: left}, c.taint(node)
	}
	if err := c.markUnknown(node); err != nil {
		return controllers.Result{}, err
	}
	node, ok = client.Get[*corev1.Node](c.client, "", key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	return controllers.Result{After: monitorGrace}, c.taint(node)
}

// silentAt is when a node will have been silent for too long. A lease or a
// status counts as a heartbeat, and so does that it is there.
func (c *controller) silentAt(node *corev1.Node) time.Time {
	at := node.CreationTimestamp.Add(startupGrace)
	if ready := condition(node, corev1.NodeReady); ready != nil && ready.Status != corev1.ConditionUnknown {
		at = node.CreationTimestamp.Add(monitorGrace)
		if beat := ready.LastHeartbeatTime.Add(monitorGrace); beat.After(at) {
			at = beat
		}
	}
	lease, ok := client.Get[*coordinationv1.Lease](c.client, leaseNamespace, node.Name)
	if ok && lease.Spec.RenewTime != nil && lease.Spec.RenewTime.Add(monitorGrace).After(at) {
		at = lease.Spec.RenewTime.Add(monitorGrace)
	}
	return at
}

// reported are the conditions that a kubelet reports, and what it means when
// it does not.
var reported = []corev1.NodeConditionType{
	corev1.NodeReady, corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure,
}

// markUnknown says of a silent node that nothing is known.
func (c *controller) markUnknown(node *corev1.Node) error {
	now := metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second))
	next := node.DeepCopy()
	changed, wasReady := false, false
	for _, kind := range reported {
		old := condition(next, kind)
		if old == nil {
			next.Status.Conditions = append(next.Status.Conditions, corev1.NodeCondition{
				Type: kind, Status: corev1.ConditionUnknown, LastHeartbeatTime: node.CreationTimestamp,
				LastTransitionTime: now, Reason: "NodeStatusNeverUpdated", Message: "Kubelet never posted node status.",
			})
			changed = true
			continue
		}
		if old.Status == corev1.ConditionUnknown {
			continue
		}
		wasReady = wasReady || kind == corev1.NodeReady && old.Status == corev1.ConditionTrue
		old.Status, old.LastTransitionTime = corev1.ConditionUnknown, now
		old.Reason, old.Message = "NodeStatusUnknown", "Kubelet stopped posting node status."
		changed = true
	}
	if !changed {
		return nil
	}
	if _, err := client.UpdateStatus(c.client, next); err != nil {
		return err
	}
	if wasReady {
		return c.markPodsNotReady(node)
	}
	return nil
}

// markPodsNotReady takes the pods of a silent node out of service.
func (c *controller) markPodsNotReady(node *corev1.Node) error {
	c.recorder.Eventf(node, corev1.EventTypeNormal, "NodeNotReady", "Node %s status is now: NodeNotReady", node.Name)
	now := metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second))
	for _, pod := range client.PodsOnNode(c.client, node.Name) {
		i := slices.IndexFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady })
		if i < 0 || !podcontrol.Ready(pod) {
			continue
		}
		next := pod.DeepCopy()
		next.Status.Conditions[i].Status = corev1.ConditionFalse
		next.Status.Conditions[i].LastTransitionTime = now
		if _, err := client.UpdateStatus(c.client, next); err != nil {
			return err
		}
		c.recorder.Event(pod, corev1.EventTypeWarning, "NodeNotReady", "Node is not ready")
	}
	return nil
}

func condition(node *corev1.Node, kind corev1.NodeConditionType) *corev1.NodeCondition {
	for i := range node.Status.Conditions {
		if node.Status.Conditions[i].Type == kind {
			return &node.Status.Conditions[i]
		}
	}
	return nil
}

// taint sets the taints that a node's conditions and spec call for, and
// removes those that they no longer do. It never begins to drive pods away: that
// is not for a node alone to decide.
func (c *controller) taint(node *corev1.Node) error {
	want := scheduling(node)
	if slices.ContainsFunc(node.Spec.Taints, drivesAway) {
		want = append(want, executing(node)...)
	}
	return c.setTaints(node, want)
}

// setTaints makes the taints that are the controller's those that it wants.
func (c *controller) setTaints(node *corev1.Node, want []corev1.Taint) error {
	var taints []corev1.Taint
	for _, t := range node.Spec.Taints {
		if !managed(t) || contains(want, t) {
			taints = append(taints, t)
		}
	}
	now := metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second))
	for _, t := range want {
		if !contains(taints, t) {
			t.TimeAdded = &now
			taints = append(taints, t)
		}
	}
	if slices.EqualFunc(taints, node.Spec.Taints, same) {
		return nil
	}
	next := node.DeepCopy()
	next.Spec.Taints = taints
	if _, err := client.Update(c.client, next); err != nil {
		return fmt.Errorf("taint node %s: %w", node.Name, err)
	}
	return nil
}

// rule says which taint a condition's status calls for.
type rule struct {
	condition corev1.NodeConditionType
	status    corev1.ConditionStatus
	key       string
	// noExecute also drives pods away.
	noExecute bool
}

var rules = []rule{
	{corev1.NodeReady, corev1.ConditionFalse, corev1.TaintNodeNotReady, true},
	{corev1.NodeReady, corev1.ConditionUnknown, corev1.TaintNodeUnreachable, true},
	{corev1.NodeMemoryPressure, corev1.ConditionTrue, corev1.TaintNodeMemoryPressure, false},
	{corev1.NodeDiskPressure, corev1.ConditionTrue, corev1.TaintNodeDiskPressure, false},
	{corev1.NodePIDPressure, corev1.ConditionTrue, corev1.TaintNodePIDPressure, false},
	{corev1.NodeNetworkUnavailable, corev1.ConditionTrue, corev1.TaintNodeNetworkUnavailable, false},
}

// scheduling are the taints that keep pods from coming to a node.
func scheduling(node *corev1.Node) []corev1.Taint {
	var taints []corev1.Taint
	for _, r := range rules {
		if r.applies(node) {
			taints = append(taints, corev1.Taint{Key: r.key, Effect: corev1.TaintEffectNoSchedule})
		}
	}
	if node.Spec.Unschedulable {
		taints = append(taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	return taints
}

// executing are the taints that drive pods away from a node that fails.
func executing(node *corev1.Node) []corev1.Taint {
	var taints []corev1.Taint
	for _, r := range rules {
		if r.noExecute && r.applies(node) {
			taints = append(taints, corev1.Taint{Key: r.key, Effect: corev1.TaintEffectNoExecute})
		}
	}
	return taints
}

func (r rule) applies(node *corev1.Node) bool {
	c := condition(node, r.condition)
	return c != nil && c.Status == r.status
}

func managed(t corev1.Taint) bool {
	if t.Effect == corev1.TaintEffectNoSchedule && t.Key == corev1.TaintNodeUnschedulable {
		return true
	}
	return slices.ContainsFunc(rules, func(r rule) bool {
		return r.key == t.Key && (t.Effect == corev1.TaintEffectNoSchedule || r.noExecute && t.Effect == corev1.TaintEffectNoExecute)
	})
}

func contains(taints []corev1.Taint, t corev1.Taint) bool {
	return slices.ContainsFunc(taints, func(o corev1.Taint) bool { return same(o, t) })
}

func same(a, b corev1.Taint) bool {
	return a.Key == b.Key && a.Effect == b.Effect && a.Value == b.Value
}
