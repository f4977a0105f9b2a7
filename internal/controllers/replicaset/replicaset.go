// Package replicaset keeps the number of pods that a ReplicaSet or a
// ReplicationController asks for. Both are one controller: they differ in
// their types only, which family hides.
package replicaset

import (
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// burst is how many pods one reconciliation creates or deletes at most.
const burst = 500

// set is a ReplicaSet or ReplicationController as the controller sees it.
type set struct {
	object   store.Object
	replicas int32
	minReady int32
	selector labels.Selector
	template *corev1.PodTemplateSpec
	status   status
}

// counts are what both kinds report in numbers; terminating is -1 where the
// status does not say.
type counts struct {
	replicas, fullyLabeled, ready, available, terminating int32
	observedGeneration                                    int64
}

// status is what both kinds report.
type status struct {
	counts
	failure *failure
}

// failure is the ReplicaFailure condition.
type failure struct {
	reason, message string
	since           metav1.Time
}

// family is one of the two kinds.
type family struct {
	gvk      schema.GroupVersionKind
	resource schema.GroupResource
	// countsTerminating is whether the status has terminatingReplicas.
	countsTerminating bool
	get               func(c *client.Client, namespace, name string) (*set, error)
	write             func(c *client.Client, s *set, next status) error
	// related are the sets whose pods count when pods double up on a node.
	related   func(c *client.Client, s *set) []store.Object
	selecting func(c *client.Client) func(store.Object) []loop.Key
}

type controller struct {
	family
	podcontrol.Control
}

func newController(r *registry.Registry, name string, f family) *controllers.Controller {
	account := client.ForServiceAccount(r, name)
	c := &controller{
		family:  f,
		Control: podcontrol.Control{Client: account, Recorder: events.NewRecorder(account, name, "")},
	}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(f.resource),
			podcontrol.WakeOwner(podcontrol.Pods, f.gvk.GroupKind(), f.selecting(account)),
		},
		Reconcile: c.reconcile,
	}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	s, err := c.get(c.Client, key.Namespace, key.Name)
	if s == nil || err != nil {
		return controllers.Result{}, err
	}
	pods, err := c.Claim(s.object, c.gvk, s.selector)
	if err != nil {
		return controllers.Result{}, err
	}
	active := podcontrol.Filter(pods, podcontrol.Active)
	var managed error
	if s.object.GetDeletionTimestamp() == nil && len(active) != int(s.replicas) {
		managed = c.manage(s, active)
		pods = podcontrol.Filter(client.Controlled[*corev1.Pod](c.Client, s.object.GetUID()), func(p *corev1.Pod) bool {
			return s.selector.Matches(labels.Set(p.Labels))
		})
		active = podcontrol.Filter(pods, podcontrol.Active)
	}
	next, wake := c.statusOf(s, active, pods, managed)
	if err := c.report(s, next); err != nil {
		return controllers.Result{}, err
	}
	return controllers.Result{After: wake}, managed
}

// manage creates the pods that are missing or deletes those that are too many.
func (c *controller) manage(s *set, active []*corev1.Pod) error {
	missing := int(s.replicas) - len(active)
	if missing > 0 {
		return c.create(s, min(missing, burst))
	}
	if missing == 0 {
		return nil
	}
	excess := min(-missing, burst)
	now := c.Client.Registry.Loop.Now()
	for _, pod := range podcontrol.ToDelete(active, c.relatedPods(s), excess, now) {
		if err := c.Delete(s.object, pod); err != nil && !apierrors.IsNotFound(errors.Unwrap(err)) {
			return err
		}
	}
	return nil
}

// create makes n pods, and stops at the first that can't be made: the rest
// would fail for the same reason.
func (c *controller) create(s *set, n int) error {
	for range n {
		_, err := c.Create(s.object, podcontrol.FromTemplate(s.template, s.object, c.gvk))
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *controller) relatedPods(s *set) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, owner := range c.related(c.Client, s) {
		pods = append(pods, client.Controlled[*corev1.Pod](c.Client, owner.GetUID())...)
	}
	return pods
}

// statusOf counts pods; wake is when the next of them becomes available.
func (c *controller) statusOf(s *set, active, all []*corev1.Pod, managed error) (next status, wake time.Duration) {
	now := c.Client.Registry.Loop.Now()
	next.replicas, next.observedGeneration = int32(len(active)), s.object.GetGeneration()
	for _, p := range active {
		if podcontrol.Labeled(p, s.template.Labels) {
			next.fullyLabeled++
		}
		if podcontrol.Ready(p) {
			next.ready++
		}
		available, left := podcontrol.Available(p, s.minReady, now)
		if available {
			next.available++
		}
		if left > 0 && (wake == 0 || left < wake) {
			wake = left
		}
	}
	next.terminating = -1
	if c.countsTerminating {
		next.terminating = int32(len(podcontrol.Filter(all, podcontrol.Terminating)))
	}
	next.failure = failureOf(s, len(active), managed, metav1.NewTime(now))
	return next, wake
}

// failureOf is the condition after a failure, if there was one. What a set
// failed with first stays, whatever it fails with later: messages name pods
// that differ every time.
func failureOf(s *set, active int, managed error, now metav1.Time) *failure {
	if managed == nil {
		return nil
	}
	if s.status.failure != nil {
		return s.status.failure
	}
	reason := "FailedCreate"
	if active > int(s.replicas) {
		reason = "FailedDelete"
	}
	return &failure{reason: reason, message: managed.Error(), since: now}
}

func (c *controller) report(s *set, next status) error {
	if s.status.counts == next.counts && sameFailure(s.status.failure, next.failure) {
		return nil
	}
	if err := c.write(c.Client, s, next); err != nil {
		return fmt.Errorf("update status of %s: %w", controllers.KeyOf(s.object), err)
	}
	return nil
}

func sameFailure(a, b *failure) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.reason == b.reason && a.message == b.message
}
