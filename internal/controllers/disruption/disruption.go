// Package disruption works out how many pods of each PodDisruptionBudget may
// be evicted: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
// The API server's eviction handler takes from what is allowed.
package disruption

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// deletionTimeout is how long an evicted pod may take until its deletion
// starts.
const deletionTimeout = 2 * time.Minute

var budgets = schema.GroupResource{Group: policyv1.GroupName, Resource: "poddisruptionbudgets"}

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller of PodDisruptionBudgets.
func New(r *registry.Registry) *controllers.Controller {
	const name = "disruption-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, "controllermanager", "")}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(budgets),
			{Resource: podcontrol.Pods, Keys: c.about},
		},
		Reconcile: c.reconcile,
		Retry:     [2]time.Duration{time.Second, time.Minute},
	}
}

// about are the budgets that a pod falls under, or did before.
func (c *controller) about(ev store.Event) []loop.Key {
	var keys []loop.Key
	for _, b := range client.List[*policyv1.PodDisruptionBudget](c.client, ev.Item.Object.GetNamespace(), nil) {
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil {
			continue
		}
		if selector.Matches(labels.Set(ev.Item.Object.GetLabels())) || ev.Old != nil && selector.Matches(labels.Set(ev.Old.Object.GetLabels())) {
			keys = append(keys, controllers.KeyOf(b))
		}
	}
	return keys
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	budget, ok := client.Get[*policyv1.PodDisruptionBudget](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	pods, err := c.pods(budget)
	if err != nil {
		return controllers.Result{}, c.fail(budget, err)
	}
	if len(pods) == 0 {
		c.recorder.Event(budget, corev1.EventTypeNormal, "NoPods", "No matching pods found")
	}
	n, err := c.expected(budget, pods)
	if err != nil {
		c.recorder.Eventf(budget, corev1.EventTypeWarning, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: %v", err)
		return controllers.Result{}, firstOf(c.fail(budget, err), err)
	}
	if n.unmanaged {
		c.recorder.Eventf(budget, corev1.EventTypeWarning, "UnmanagedPods", "Pods selected by this PodDisruptionBudget (selector: %v) were found to be unmanaged. "+
			"As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "+
			"To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.", budget.Spec.Selector)
	}
	evicted, recheck := c.evicted(budget, pods)
	return controllers.Result{After: recheck}, c.report(budget, n, healthy(pods, evicted), evicted)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pods are those that a budget is about.
func (c *controller) pods(budget *policyv1.PodDisruptionBudget) ([]*corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
	if err != nil {
		return nil, err
	}
	return client.List[*corev1.Pod](c.client, budget.Namespace, selector), nil
}

// evicted are the pods whose deletion is about to start, by name and time of
// eviction; recheck is the time until one of them is overdue.
func (c *controller) evicted(budget *policyv1.PodDisruptionBudget, pods []*corev1.Pod) (evicted map[string]metav1.Time, recheck time.Duration) {
	now := c.client.Registry.Loop.Now()
	for _, pod := range pods {
		at, ok := budget.Status.DisruptedPods[pod.Name]
		if !ok || pod.DeletionTimestamp != nil {
			continue
		}
		left := at.Add(deletionTimeout).Sub(now)
		if left < 0 {
			c.recorder.Eventf(pod, corev1.EventTypeWarning, "NotDeleted", "Pod was expected by PDB %s/%s to be deleted but it wasn't", budget.Namespace, budget.Name)
			continue
		}
		if evicted == nil {
			evicted = map[string]metav1.Time{}
		}
		evicted[pod.Name] = at
		if left = max(left, 1); recheck == 0 || left < recheck {
			recheck = left
		}
	}
	return evicted, recheck
}

// healthy counts the pods that are ready and stay.
func healthy(pods []*corev1.Pod, evicted map[string]metav1.Time) int32 {
	var n int32
	for _, pod := range pods {
		if _, leaving := evicted[pod.Name]; !leaving && pod.DeletionTimestamp == nil && podcontrol.Ready(pod) {
			n++
		}
	}
	return n
}

// report writes what a budget allows.
func (c *controller) report(budget *policyv1.PodDisruptionBudget, n numbers, healthy int32, evicted map[string]metav1.Time) error {
	next := budget.DeepCopy()
	next.Status.ObservedGeneration = budget.Generation
	next.Status.CurrentHealthy, next.Status.DesiredHealthy, next.Status.ExpectedPods = healthy, n.healthy, n.pods
	next.Status.DisruptedPods = evicted
	// A budget without pods allows nothing, so that its first pods are safe.
	next.Status.DisruptionsAllowed = max(0, healthy-n.healthy)
	if n.pods <= 0 {
		next.Status.DisruptionsAllowed = 0
	}
	if next.Status.DisruptionsAllowed > 0 {
		c.setAllowed(next, metav1.ConditionTrue, policyv1.SufficientPodsReason, "")
	} else {
		c.setAllowed(next, metav1.ConditionFalse, policyv1.InsufficientPodsReason, "")
	}
	return c.save(budget, next)
}

// fail forbids disruptions as long as nothing is known.
func (c *controller) fail(budget *policyv1.PodDisruptionBudget, because error) error {
	next := budget.DeepCopy()
	next.Status.DisruptionsAllowed = 0
	c.setAllowed(next, metav1.ConditionFalse, policyv1.SyncFailedReason, because.Error())
	return c.save(budget, next)
}

func (c *controller) save(budget, next *policyv1.PodDisruptionBudget) error {
	if equality.Semantic.DeepEqual(budget.Status, next.Status) {
		return nil
	}
	_, err := client.UpdateStatus(c.client, next)
	return err
}

func (c *controller) setAllowed(budget *policyv1.PodDisruptionBudget, status metav1.ConditionStatus, reason, message string) {
	now := metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second))
	next := metav1.Condition{
		Type: policyv1.DisruptionAllowedCondition, Status: status, Reason: reason, Message: message,
		ObservedGeneration: budget.Status.ObservedGeneration, LastTransitionTime: now,
	}
	for i := range budget.Status.Conditions {
		old := &budget.Status.Conditions[i]
		if old.Type != next.Type {
			continue
		}
		if old.Status == next.Status {
			next.LastTransitionTime = old.LastTransitionTime
		}
		*old = next
		return
	}
	budget.Status.Conditions = append(budget.Status.Conditions, next)
}
