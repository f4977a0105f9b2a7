package why

import (
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/health"
)

// maxNames is how many pods of one trouble are named.
const maxNames = 3

// deployment explains a deployment: by itself, by its newest replica set, by
// the pods of all.
func (x *explainer) deployment(ctx context.Context, a *answer, d *appsv1.Deployment) {
	if d.Spec.Paused {
		a.add(causef("it is paused: changes of its template are not rolled out"))
		a.suggest("rollout resume deployment/%s", d.Name)
	}
	if d.Spec.Replicas != nil && *d.Spec.Replicas == 0 {
		a.add(causef("it is scaled to 0 replicas"))
	}
	if a.health.State == health.Ready {
		return
	}
	a.addEvents(x.events(ctx, a, d, "Deployment"))
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		a.add(causef("its selector can not be read: %v", err))
		return
	}
	owners, explained := x.replicaSets(ctx, a, d, selector)
	for _, c := range d.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue && !explained:
			a.add(causef("its pods can not be made (%s)", c.Reason).with(details(c.Message)...))
		case c.Reason == "ProgressDeadlineExceeded":
			a.add(causef("its rollout made no progress within its deadline of %ds", deadline(d)))
			a.suggest("rollout undo deployment/%s", d.Name)
		}
	}
	x.podsBehind(ctx, a, x.podsOf(ctx, a, d.Namespace, selector, owners))
	a.suggest("describe deployment %s", d.Name)
}

// replicaSets explains the replica sets of a deployment that have, or should
// have, pods. It returns their UIDs, and whether one could not make its pods.
func (x *explainer) replicaSets(ctx context.Context, a *answer, d *appsv1.Deployment, selector labels.Selector) (owners map[string]bool, explained bool) {
	sets := &appsv1.ReplicaSetList{}
	x.list(ctx, a, appsv1.SchemeGroupVersion.WithResource("replicasets"), d.Namespace, metav1.ListOptions{LabelSelector: selector.String()}, sets)
	owners = map[string]bool{}
	for i := range sets.Items {
		set := &sets.Items[i]
		if !metav1.IsControlledBy(set, d) || set.Spec.Replicas != nil && *set.Spec.Replicas == 0 && set.Status.Replicas == 0 {
			continue
		}
		owners[string(set.UID)] = true
		events := x.events(ctx, a, set, "ReplicaSet")
		a.addEvents(events)
		failure := creation(events, "its ReplicaSet "+set.Name)
		explained = explained || len(failure) > 0
		a.add(failure...)
	}
	return owners, explained
}

func deadline(d *appsv1.Deployment) int32 {
	if d.Spec.ProgressDeadlineSeconds == nil {
		return 600
	}
	return *d.Spec.ProgressDeadlineSeconds
}

// podsOf are a selector's pods that are controlled by one of some owners.
func (x *explainer) podsOf(ctx context.Context, a *answer, namespace string, selector labels.Selector, owners map[string]bool) []*corev1.Pod {
	return slices.DeleteFunc(x.pods(ctx, a, namespace, selector), func(pod *corev1.Pod) bool {
		owner := metav1.GetControllerOf(pod)
		return owner == nil || !owners[string(owner.UID)]
	})
}

// podOwner explains an object that makes pods itself.
func (x *explainer) podOwner(ctx context.Context, a *answer, object *unstructured.Unstructured) {
	if replicas, found, _ := unstructured.NestedInt64(object.Object, "spec", "replicas"); found && replicas == 0 {
		a.add(causef("it is scaled to 0 replicas"))
	}
	if a.kind == "DaemonSet" {
		if wanted, _, _ := unstructured.NestedInt64(object.Object, "status", "desiredNumberScheduled"); wanted == 0 {
			a.add(causef("no node is to run it: none fits its node selector, affinity and tolerations"))
			a.suggest("get nodes --show-labels")
		}
	}
	if a.health.State == health.Ready {
		return
	}
	events := x.events(ctx, a, object, a.kind)
	a.addEvents(events)
	a.add(creation(events, "it")...)
	selector, err := podSelector(object)
	if err != nil {
		a.add(causef("its selector can not be read: %v", err))
		return
	}
	x.podsBehind(ctx, a, x.podsOf(ctx, a, object.GetNamespace(), selector, map[string]bool{string(object.GetUID()): true}))
	a.suggest("describe %s %s", strings.ToLower(a.kind), a.name)
}

// podSelector is spec.selector, in either of its forms.
func podSelector(object *unstructured.Unstructured) (labels.Selector, error) {
	fields, _, _ := unstructured.NestedMap(object.Object, "spec", "selector")
	if object.GetKind() == "ReplicationController" {
		set, _, err := unstructured.NestedStringMap(object.Object, "spec", "selector")
		return labels.SelectorFromSet(set), err
	}
	selector := &metav1.LabelSelector{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, selector); err != nil {
		return nil, err
	}
	return metav1.LabelSelectorAsSelector(selector)
}

// creation says why the newest pod could not be made, if none has been made
// since.
func creation(events []*corev1.Event, owner string) []cause {
	var failed, succeeded *corev1.Event
	for _, event := range events {
		switch {
		case event.Reason == "FailedCreate" && (failed == nil || !lastSeen(event).Before(lastSeen(failed))):
			failed = event
		case event.Reason == "SuccessfulCreate" && (succeeded == nil || !lastSeen(event).Before(lastSeen(succeeded))):
			succeeded = event
		}
	}
	if failed == nil || succeeded != nil && lastSeen(succeeded).After(lastSeen(failed)) {
		return nil
	}
	return []cause{causef("%s could not make a pod", owner).with(details(failed.Message)...)}
}

// podsBehind groups the pods that are not ready by what is wrong with them,
// and explains one of each group.
func (x *explainer) podsBehind(ctx context.Context, a *answer, all []*corev1.Pod) {
	groups := map[string][]*corev1.Pod{}
	var order []string
	for _, pod := range all {
		h := health.OfPod(pod)
		if h.State == health.Ready {
			continue
		}
		reason := h.String()
		if h.State == health.Progressing {
			reason = h.Reason
		}
		if groups[reason] == nil {
			order = append(order, reason)
		}
		groups[reason] = append(groups[reason], pod)
	}
	for _, reason := range order {
		group := groups[reason]
		example := group[0]
		events := x.events(ctx, a, example, "Pod")
		a.addEvents(events)
		behind := x.podCauses(ctx, a, example, events)
		if len(group) > 1 {
			behind = []cause{causef("for one, %s", example.Name).with(behind...)}
		}
		a.add(causef("%s: %s (%s)", numbered(len(group), "pod"), reason, names(group)).with(behind...))
		suggestForPod(a, example)
	}
}

func names(pods []*corev1.Pod) string {
	var list []string
	for _, pod := range pods[:min(len(pods), maxNames)] {
		list = append(list, pod.Name)
	}
	if len(pods) > maxNames {
		list = append(list, "...")
	}
	return strings.Join(list, ", ")
}
