// Package daemonset runs DaemonSets: one pod on each node that they are for,
// as https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
// states. It decides which nodes those are; putting the pods there is the
// scheduler's work.
package daemonset

import (
	"cmp"
	"errors"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/history"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

var (
	gvk        = appsv1.SchemeGroupVersion.WithKind("DaemonSet")
	daemonSets = schema.GroupResource{Group: appsv1.GroupName, Resource: "daemonsets"}
	nodes      = schema.GroupResource{Resource: "nodes"}
)

type controller struct {
	podcontrol.Control
	failed *Backoff
}

// New returns the controller of DaemonSets, which counts failures in failed.
func New(r *registry.Registry, failed *Backoff) *controllers.Controller {
	account := client.ForServiceAccount(r, "daemon-set-controller")
	c := &controller{podcontrol.Control{
		Client: account, Recorder: events.NewRecorder(account, "daemonset-controller", ""),
	}, failed}
	return &controllers.Controller{
		Name: "daemonset-controller",
		Watches: []controllers.Watch{
			controllers.Each(daemonSets),
			podcontrol.WakeOwner(podcontrol.Pods, gvk.GroupKind(),
				podcontrol.Selecting(account, func(d *appsv1.DaemonSet) *metav1.LabelSelector { return d.Spec.Selector })),
			{Resource: nodes, Keys: c.placed},
		},
		Reconcile: c.reconcile,
	}
}

// placed wakes the sets that a node that has come or changed lacks a pod of,
// those that must not be there any more, and those whose count of pods in wrong
// places it may change.
func (c *controller) placed(ev store.Event) []loop.Key {
	node := ev.Item.Object.(*corev1.Node)
	switch {
	case ev.Type == store.Deleted:
		return nil // its pods go, too, and wake their sets
	case ev.Type == store.Modified && placedAlike(node, ev.Old.Object.(*corev1.Node)):
		return nil
	}
	here := map[types.UID]bool{}
	for _, pod := range client.PodsOnNode(c.Client, node.Name) {
		if owner := metav1.GetControllerOfNoCopy(pod); owner != nil {
			here[owner.UID] = true
		}
	}
	var keys []loop.Key
	for _, d := range client.List[*appsv1.DaemonSet](c.Client, "", nil) {
		p, err := judgeOf(d).place(node)
		if err != nil || p.run && !here[d.UID] || here[d.UID] && (!p.stay || d.Status.NumberMisscheduled > 0) {
			keys = append(keys, controllers.KeyOf(d))
		}
	}
	return keys
}

// placedAlike reports whether two versions of a node take the same pods.
func placedAlike(node, old *corev1.Node) bool {
	return labels.Equals(node.Labels, old.Labels) && equality.Semantic(node.Spec.Taints, old.Spec.Taints)
}

// rollout is one reconciliation of a DaemonSet.
type rollout struct {
	*controller
	set      *appsv1.DaemonSet
	selector labels.Selector
	now      time.Time
	// current is the revision of the set's template; old are all others, oldest
	// first.
	current *appsv1.ControllerRevision
	old     []*appsv1.ControllerRevision
	// nodes are all nodes by name, with what the set makes of them.
	nodes []place
	// pods are the set's pods by the node that they are meant for.
	pods map[string][]*corev1.Pod
	// wake is the time until something is due, 0 for nothing.
	wake time.Duration
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	set, ok := client.Get[*appsv1.DaemonSet](c.Client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil || selector.Empty() || set.DeletionTimestamp != nil {
		return controllers.Result{}, nil
	}
	if _, err := c.Claim(set, gvk, selector); err != nil {
		return controllers.Result{}, err
	}
	revisions, err := history.Claim(c.Client, set, gvk, selector)
	if err != nil {
		return controllers.Result{}, err
	}
	r := &rollout{controller: c, set: set, selector: selector, now: c.Client.Registry.Loop.Now()}
	if err := r.findCurrent(revisions); err != nil {
		return controllers.Result{}, err
	}
	if r.nodes, err = places(c.Client, set); err != nil {
		return controllers.Result{}, err
	}
	managed := r.step()
	if err := r.report(); err != nil {
		return controllers.Result{}, err
	}
	return controllers.Result{After: r.wake}, managed
}

// step makes the pods that are missing, deletes those that are too many, and
// moves an update on.
func (r *rollout) step() error {
	r.refresh()
	if err := r.manage(); err != nil {
		return err
	}
	if r.set.Spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		r.refresh()
		if err := r.roll(); err != nil {
			return err
		}
	}
	r.refresh()
	return r.trim()
}

// refresh reads the set's pods. Ended pods that are being deleted no longer
// count.
func (r *rollout) refresh() {
	r.pods = map[string][]*corev1.Pod{}
	for _, pod := range client.Controlled[*corev1.Pod](r.Client, r.set.UID) {
		if !r.selector.Matches(labels.Set(pod.Labels)) || pod.DeletionTimestamp != nil && podcontrol.Finished(pod) {
			continue
		}
		node := targetNode(pod)
		r.pods[node] = append(r.pods[node], pod)
	}
	for _, pods := range r.pods {
		slices.SortStableFunc(pods, placedFirst)
	}
}

// placedFirst orders pods by whether they have a node, and by age.
func placedFirst(a, b *corev1.Pod) int {
	if (a.Spec.NodeName == "") != (b.Spec.NodeName == "") {
		if a.Spec.NodeName != "" {
			return -1
		}
		return 1
	}
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}

// after asks to be woken once a time has passed.
func (r *rollout) after(d time.Duration) {
	if d > 0 && (r.wake == 0 || d < r.wake) {
		r.wake = d
	}
}

func (r *rollout) available(pod *corev1.Pod) bool {
	ok, left := podcontrol.Available(pod, r.set.Spec.MinReadySeconds, r.now)
	r.after(left)
	return ok
}

// burst is how many pods one reconciliation creates or deletes at most.
const burst = 250

// apply creates pods for nodes and deletes pods.
func (r *rollout) apply(doomed []*corev1.Pod, missing []string) error {
	for _, node := range missing[:min(len(missing), burst)] {
		_, err := r.Create(r.set, r.newPod(node))
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	for _, pod := range doomed[:min(len(doomed), burst)] {
		if err := r.Delete(r.set, pod); err != nil && !apierrors.IsNotFound(errors.Unwrap(err)) {
			return err
		}
	}
	return nil
}
