// Package statefulset runs StatefulSets: pods with a name, a place in a row
// and storage of their own, made, updated and deleted in order, as
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ states.
package statefulset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/history"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

var (
	gvk          = appsv1.SchemeGroupVersion.WithKind("StatefulSet")
	podKind      = corev1.SchemeGroupVersion.WithKind("Pod")
	statefulSets = schema.GroupResource{Group: appsv1.GroupName, Resource: "statefulsets"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller of StatefulSets.
func New(r *registry.Registry) *controllers.Controller {
	const name = "statefulset-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, "")}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(statefulSets),
			podcontrol.WakeOwner(podcontrol.Pods, gvk.GroupKind(),
				podcontrol.Selecting(account, func(s *appsv1.StatefulSet) *metav1.LabelSelector { return s.Spec.Selector })),
		},
		Reconcile: c.reconcile,
	}
}

// rollout is one reconciliation of a StatefulSet.
type rollout struct {
	*controller
	set *appsv1.StatefulSet
	now time.Time
	// replicas are the pods that the set should have, by their place in the
	// row, nil where one is missing; condemned are the others, last one first.
	replicas  []*corev1.Pod
	condemned []*corev1.Pod
	revisions
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	set, ok := client.Get[*appsv1.StatefulSet](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return controllers.Result{}, nil // validation refuses these
	}
	recorded, err := history.Claim(c.client, set, gvk, selector)
	if err != nil {
		return controllers.Result{}, err
	}
	pods, err := podcontrol.Claim(c.client, set, gvk, selector, func(p *corev1.Pod) bool { return isMember(set, p) })
	if err != nil {
		return controllers.Result{}, err
	}
	r := &rollout{controller: c, set: set, now: c.client.Registry.Loop.Now()}
	if r.revisions, err = c.revisionsOf(set, recorded); err != nil {
		return controllers.Result{}, err
	}
	r.sort(pods)
	failed := r.step()
	wake, err := r.report()
	if failed != nil || err != nil {
		return controllers.Result{}, firstOf(failed, err)
	}
	return controllers.Result{After: wake}, r.trim(pods)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// step does what the state of the set asks for: first every pod that should
// be there, then those that are too many, then those of another revision. An
// ordered set stops at the first pod that it has to wait for.
func (r *rollout) step() error {
	if r.set.DeletionTimestamp != nil {
		return nil
	}
	for _, phase := range []struct {
		n    int
		each func(i int) (wait bool, err error)
	}{
		{len(r.replicas), r.keep},
		{len(r.condemned), r.releaseClaims},
		{len(r.condemned), r.condemn},
	} {
		for i := range phase.n {
			wait, err := phase.each(i)
			if err != nil || wait && r.ordered() {
				return err
			}
		}
	}
	return r.update()
}

// ordered reports whether pods come and go one after the other.
func (r *rollout) ordered() bool {
	return r.set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
}

// keep brings the pod at a place in line with the set.
func (r *rollout) keep(i int) (wait bool, err error) {
	pod := r.replicas[i]
	if pod == nil {
		return r.create(i)
	}
	if podcontrol.Finished(pod) {
		if pod.DeletionTimestamp == nil {
			err = r.delete(pod)
		}
		return true, err // a new one is made once this one is gone
	}
	if pod.Status.Phase == corev1.PodPending {
		if err := r.createClaims(pod); err != nil {
			return true, err
		}
	}
	if r.ordered() && (pod.DeletionTimestamp != nil || !r.available(pod)) {
		return true, nil
	}
	return false, r.correct(pod)
}

// condemn deletes a pod beyond the size of the set. An ordered set waits for
// the pods before, except for the one that holds everything up.
func (r *rollout) condemn(i int) (wait bool, err error) {
	pod := r.condemned[i]
	if pod.DeletionTimestamp != nil {
		return true, nil
	}
	if r.ordered() && !r.available(pod) && pod != r.firstUnavailable() {
		return true, nil
	}
	return true, r.delete(pod)
}

// firstUnavailable is the pod that is in the way of the others, in order.
func (r *rollout) firstUnavailable() *corev1.Pod {
	for _, pod := range r.replicas {
		if r.unavailable(pod) {
			return pod
		}
	}
	for i := len(r.condemned) - 1; i >= 0; i-- {
		if r.unavailable(r.condemned[i]) {
			return r.condemned[i]
		}
	}
	return nil
}
