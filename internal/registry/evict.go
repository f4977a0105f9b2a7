package registry

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/store"
)

var budgets = schema.GroupResource{Group: policyv1.GroupName, Resource: "poddisruptionbudgets"}

const (
	// maxDisruptedPods is how many evictions a budget may have pending.
	maxDisruptedPods = 2000
	// retryBudget is when, in seconds, to try again while a budget is new.
	retryBudget    = 10
	violatesBudget = "Cannot evict pod as it would violate the pod's disruption budget."
)

// Evict deletes a pod unless that would break its disruption budget, as
// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
// describes. The request is for the pod's eviction subresource, and the options
// are those that the eviction has, if any.
func (r *Registry) Evict(q Request, eviction *policyv1.Eviction, options metav1.DeleteOptions) error {
	if err := r.ask(q, q.attributes(admission.Create, eviction, nil)); err != nil {
		return err
	}
	q.DryRun = q.DryRun || len(options.DryRun) > 0
	item := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if item == nil {
		return q.notFound()
	}
	pod := item.Object.(*corev1.Pod)
	if !ignoresBudget(pod) {
		if err := r.checkBudget(q, pod); err != nil {
			return err
		}
	}
	return r.disrupt(q, item, options)
}

// ignoresBudget reports whether a pod does not count for any budget: it has
// not begun, has ended, or is going already.
func ignoresBudget(pod *corev1.Pod) bool {
	switch pod.Status.Phase {
	case corev1.PodSucceeded, corev1.PodFailed, corev1.PodPending:
		return true
	}
	return pod.DeletionTimestamp != nil
}

// checkBudget takes one disruption from the pod's budget, if it has one.
func (r *Registry) checkBudget(q Request, pod *corev1.Pod) error {
	found := r.budgetsOf(pod)
	switch len(found) {
	case 0:
		return nil
	case 1:
	default:
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: 500,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
		}}
	}
	budget := found[0].Object.(*policyv1.PodDisruptionBudget)
	if !isReady(pod) && unhealthyMayGo(budget) {
		return nil
	}
	if err := disruptable(budget); err != nil {
		return err
	}
	if q.DryRun {
		return nil
	}
	return r.takeDisruption(q, found[0], pod)
}

func (r *Registry) budgetsOf(pod *corev1.Pod) []*store.Item {
	var found []*store.Item
	r.Store.Scan(budgets, pod.Namespace, func(item *store.Item) bool {
		b := item.Object.(*policyv1.PodDisruptionBudget)
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(pod.Labels)) {
			found = append(found, item)
		}
		return true
	})
	return found
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// unhealthyMayGo reports whether a budget lets pods go that are not ready.
func unhealthyMayGo(b *policyv1.PodDisruptionBudget) bool {
	if p := b.Spec.UnhealthyPodEvictionPolicy; p != nil && *p == policyv1.AlwaysAllow {
		return true
	}
	return b.Status.CurrentHealthy >= b.Status.DesiredHealthy && b.Status.DesiredHealthy > 0
}

// disruptable says why a budget allows no disruption now.
func disruptable(b *policyv1.PodDisruptionBudget) error {
	resource := schema.GroupResource{Group: policyv1.GroupName, Resource: "poddisruptionbudget"}
	switch {
	case b.Status.ObservedGeneration < b.Generation:
		return tooManyDisruptions(retryBudget, fmt.Sprintf("The disruption budget %s is still being processed by the server.", b.Name))
	case b.Status.DisruptionsAllowed < 0:
		return apierrors.NewForbidden(resource, b.Name, fmt.Errorf("pdb disruptions allowed is negative"))
	case len(b.Status.DisruptedPods) > maxDisruptedPods:
		return apierrors.NewForbidden(resource, b.Name, fmt.Errorf("DisruptedPods map too big - too many evictions not confirmed by PDB controller"))
	case b.Status.DisruptionsAllowed > 0:
		return nil
	}
	c := meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
	if c != nil && c.Status == metav1.ConditionFalse && c.Reason == policyv1.SyncFailedReason {
		return tooManyDisruptions(0, fmt.Sprintf("The disruption budget %s does not allow evicting pods currently because it failed sync: %v", b.Name, c.Message))
	}
	return tooManyDisruptions(0, fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", b.Name, b.Status.DesiredHealthy, b.Status.CurrentHealthy))
}

func tooManyDisruptions(retryAfter int, cause string) error {
	err := apierrors.NewTooManyRequests(violatesBudget, retryAfter)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: policyv1.DisruptionBudgetCause, Message: cause,
	})
	return err
}

// takeDisruption notes in a budget that a pod is about to be disrupted.
func (r *Registry) takeDisruption(q Request, item *store.Item, pod *corev1.Pod) error {
	kind := r.kinds.ByResource(budgets)
	b := item.Object.(*policyv1.PodDisruptionBudget).DeepCopy()
	b.Status.DisruptionsAllowed--
	if b.Status.DisruptionsAllowed == 0 {
		meta.SetStatusCondition(&b.Status.Conditions, metav1.Condition{
			Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.InsufficientPodsReason,
			ObservedGeneration: b.Status.ObservedGeneration, LastTransitionTime: r.now(),
		})
	}
	if b.Status.DisruptedPods == nil {
		b.Status.DisruptedPods = map[string]metav1.Time{}
	}
	b.Status.DisruptedPods[pod.Name] = r.now()
	update := Request{
		Kind: kind, Namespace: b.Namespace, Name: b.Name, Subresource: "status", User: q.User, Manager: "kube-apiserver",
	}
	_, err := r.replace(update, b, item, ownersOf(item))
	return err
}

// disrupt deletes a pod and notes in its status why.
func (r *Registry) disrupt(q Request, item *store.Item, options metav1.DeleteOptions) error {
	if !q.DryRun {
		pod := item.Object.(*corev1.Pod).DeepCopy()
		r.setPodCondition(pod, corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
			Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting",
		})
		marked := q
		marked.unowned = true
		if _, err := r.replace(marked, pod, item, ownersOf(item)); err != nil {
			return err
		}
	}
	q.Subresource = ""
	old, err := r.deletable(q, &options)
	if err != nil {
		return err
	}
	_, _, err = r.delete(q, old, &options)
	return err
}

// setPodCondition sets a condition, with the time of its last change.
func (r *Registry) setPodCondition(pod *corev1.Pod, c corev1.PodCondition) {
	c.LastTransitionTime = r.now()
	for i, old := range pod.Status.Conditions {
		if old.Type == c.Type {
			if old.Status == c.Status {
				c.LastTransitionTime = old.LastTransitionTime
			}
			pod.Status.Conditions[i] = c
			return
		}
	}
	pod.Status.Conditions = append(pod.Status.Conditions, c)
}
