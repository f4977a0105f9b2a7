package why

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubejig/kubejig/internal/pattern"
	"github.com/kubejig/kubejig/selectors"
)

// scheduling explains a pod without a node.
func (x *explainer) scheduling(ctx context.Context, a *answer, pod *corev1.Pod) []cause {
	for _, c := range pod.Status.Conditions {
		switch {
		case c.Type != corev1.PodScheduled || c.Status == corev1.ConditionTrue:
		case c.Reason == corev1.PodReasonSchedulingGated:
			return details(fmt.Sprintf("it is not to be scheduled before its scheduling gates are taken away: %s", gates(pod)))
		default:
			return x.unschedulable(ctx, a, pod, c.Message)
		}
	}
	if name := pod.Spec.SchedulerName; name != "" && name != corev1.DefaultSchedulerName {
		return details(fmt.Sprintf("it has no node: its scheduler, %s, has said nothing about it; does that scheduler run?", name))
	}
	return details("it has no node: the scheduler has not looked at it yet")
}

func gates(pod *corev1.Pod) string {
	var names []string
	for _, gate := range pod.Spec.SchedulingGates {
		names = append(names, gate.Name)
	}
	return strings.Join(names, ", ")
}

// unschedulable takes the scheduler's message apart, and adds to each reason
// what the pod asks for.
func (x *explainer) unschedulable(ctx context.Context, a *answer, pod *corev1.Pod, message string) []cause {
	said := parseUnschedulable(message)
	top := causef("no node takes it: %s", said.summary)
	var nodes []*corev1.Node
	if said.about("Insufficient") || said.about("didn't match Pod's node affinity/selector") {
		list := &corev1.NodeList{}
		x.list(ctx, a, core("nodes"), "", metav1.ListOptions{}, list)
		nodes = pointers(list.Items)
	}
	for _, reason := range said.reasons {
		top = top.with(causef("%s", reason).with(reasonDetails(pod, nodes, reason)...))
	}
	causes := []cause{top}
	if strings.Contains(strings.ToLower(message), "persistentvolumeclaim") {
		causes = append(causes, x.claimsOf(ctx, a, pod)...)
	}
	if len(nodes) > 0 {
		a.suggest("describe nodes")
	}
	return causes
}

// unschedulable is the scheduler's message, such as
//
//	0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. preemption: ...
type unschedulable struct {
	summary string
	reasons []string
}

func (u unschedulable) about(words string) bool {
	for _, reason := range u.reasons {
		if strings.Contains(reason, words) {
			return true
		}
	}
	return false
}

// nextReason is where a reason ends and the next begins, with its number of
// nodes.
var nextReason = pattern.Lazy(`, \d+ `)

// parseUnschedulable leaves out what the message says of preemption.
func parseUnschedulable(message string) unschedulable {
	summary, rest, found := strings.Cut(message, ": ")
	if !found || !strings.Contains(summary, "nodes are available") {
		return unschedulable{summary: message}
	}
	for _, end := range []string{". preemption:", ". no new claims to deallocate", ". "} {
		rest, _, _ = strings.Cut(rest, end)
	}
	rest = strings.TrimSuffix(rest, ".")
	u := unschedulable{summary: summary}
	for {
		at := nextReason().FindStringIndex(rest)
		if at == nil {
			u.reasons = append(u.reasons, rest)
			return u
		}
		u.reasons = append(u.reasons, rest[:at[0]])
		rest = rest[at[0]+len(", "):]
	}
}

// reasonDetails sets what a pod asks for against what the nodes have.
func reasonDetails(pod *corev1.Pod, nodes []*corev1.Node, reason string) []cause {
	if _, name, found := strings.Cut(reason, "Insufficient "); found {
		return details(insufficient(pod, nodes, corev1.ResourceName(name)))
	}
	if strings.Contains(reason, "didn't match Pod's node affinity/selector") && len(pod.Spec.NodeSelector) > 0 {
		wanted := labels.SelectorFromSet(pod.Spec.NodeSelector)
		return append(details("its node selector is "+wanted.String()), nearest(selectors.New(wanted, nil), nodes, "node")...)
	}
	return nil
}

func insufficient(pod *corev1.Pod, nodes []*corev1.Node, name corev1.ResourceName) string {
	asked := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})[name]
	if name == corev1.ResourcePods {
		asked.Set(1)
	}
	var largest *corev1.Node
	for _, node := range nodes {
		if has := node.Status.Allocatable[name]; largest == nil || has.Cmp(largest.Status.Allocatable[name]) > 0 {
			largest = node
		}
	}
	if largest == nil {
		return fmt.Sprintf("it asks for %s %s", asked.String(), name)
	}
	has := largest.Status.Allocatable[name]
	if asked.Cmp(has) > 0 {
		return fmt.Sprintf("it asks for %s %s; no node is that large: the largest, %s, has %s", asked.String(), name, largest.Name, has.String())
	}
	return fmt.Sprintf("it asks for %s %s; other pods have taken too much of what the nodes have (%s on %s)", asked.String(), name, has.String(), largest.Name)
}
