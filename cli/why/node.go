package why

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubejig/kubejig/cli/health"
)

// node explains a node.
func (x *explainer) node(ctx context.Context, a *answer, node *corev1.Node) {
	causes := nodeCauses(node, x.now())
	a.add(causes...)
	if a.health.State == health.Ready && len(causes) == 0 {
		return
	}
	a.addEvents(x.events(ctx, a, node, "Node"))
	if node.Spec.Unschedulable {
		a.suggest("uncordon %s", node.Name)
	}
	a.suggest("describe node %s", node.Name)
}

func nodeReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// nodeCauses is what keeps a node from running pods, or from getting more.
func nodeCauses(node *corev1.Node, now time.Time) []cause {
	var causes []cause
	for _, c := range node.Status.Conditions {
		since := duration.HumanDuration(now.Sub(c.LastTransitionTime.Time))
		switch {
		case c.Type == corev1.NodeReady && c.Status == corev1.ConditionUnknown:
			causes = append(causes, causef("its kubelet has not been heard of since %s (%s)",
				duration.HumanDuration(now.Sub(c.LastHeartbeatTime.Time)), c.Message))
		case c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue:
			causes = append(causes, causef("its kubelet says that it is not ready, since %s: %s", since, c.Message))
		case c.Type != corev1.NodeReady && c.Status == corev1.ConditionTrue:
			causes = append(causes, causef("it has %s since %s: %s", c.Type, since, c.Message))
		}
	}
	if len(node.Status.Conditions) == 0 {
		causes = append(causes, causef("no kubelet has reported for it"))
	}
	if node.Spec.Unschedulable {
		causes = append(causes, causef("it is cordoned: it gets no new pods"))
	}
	for _, taint := range node.Spec.Taints {
		if taint.Effect != corev1.TaintEffectPreferNoSchedule && taint.Key != corev1.TaintNodeUnschedulable {
			causes = append(causes, causef("it takes only pods that tolerate its taint %s", fmt.Sprint(taint.ToString())))
		}
	}
	return causes
}
