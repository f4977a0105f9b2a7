// Package podgc removes pods that nobody else will: those whose node is gone,
// and finished ones beyond a number.
package podgc

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	// orphanGrace is how long a node may be gone before its pods are.
	orphanGrace = 40 * time.Second
	// keepFinished is how many finished pods a cluster keeps.
	keepFinished = 12500
)

type controller struct {
	client *client.Client
}

// finished is the key for counting finished pods; other keys are nodes that
// are gone.
var finished = loop.Key{Namespace: "finished"}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	const name = "pod-garbage-collector"
	c := &controller{client: client.ForServiceAccount(r, name)}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			{Resource: schema.GroupResource{Resource: "nodes"}, Keys: func(ev store.Event) []loop.Key {
				if ev.Type != store.Deleted {
					return nil
				}
				return []loop.Key{{Name: ev.Item.Object.GetName()}}
			}},
			{Resource: podcontrol.Pods, Keys: c.ended},
		},
		Reconcile: c.reconcile,
	}
}

func (c *controller) ended(ev store.Event) []loop.Key {
	pod := ev.Item.Object.(*corev1.Pod)
	if ev.Type != store.Modified || !podcontrol.Finished(pod) || podcontrol.Finished(ev.Old.Object.(*corev1.Pod)) {
		return nil
	}
	return []loop.Key{finished}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	if key == finished {
		return controllers.Result{}, c.trim()
	}
	return c.orphans(key.Name)
}

// orphans deletes the pods of a node that has been gone for a while. The first
// call only starts to wait: a node may come back.
func (c *controller) orphans(node string) (controllers.Result, error) {
	if _, back := client.Get[*corev1.Node](c.client, "", node); back {
		return controllers.Result{}, nil
	}
	now := c.client.Registry.Loop.Now()
	for _, pod := range client.PodsOnNode(c.client, node) {
		since, noted := orphanedSince(pod)
		if !noted {
			if err := c.note(pod); err != nil {
				return controllers.Result{}, err
			}
			since = now
		}
		if left := since.Add(orphanGrace).Sub(now); left > 0 {
			return controllers.Result{After: left}, nil
		}
		if err := c.remove(pod); err != nil {
			return controllers.Result{}, err
		}
	}
	return controllers.Result{}, nil
}

const disruptionReason = "DeletionByPodGC"

func orphanedSince(pod *corev1.Pod) (time.Time, bool) {
	for _, cond := range pod.Status.Conditions {
		if cond.Type == corev1.DisruptionTarget && cond.Reason == disruptionReason {
			return cond.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

// note fails a pod whose node is gone, and says why.
func (c *controller) note(pod *corev1.Pod) error {
	next := pod.DeepCopy()
	if !podcontrol.Finished(next) {
		next.Status.Phase = corev1.PodFailed
	}
	next.Status.Conditions = append(next.Status.Conditions, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		Reason: disruptionReason, Message: "PodGC: node no longer exists", ObservedGeneration: pod.Generation,
		LastTransitionTime: metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second)),
	})
	_, err := client.UpdateStatus(c.client, next)
	return err
}

func (c *controller) remove(pod *corev1.Pod) error {
	var now int64
	err := c.client.Delete(pod, metav1.DeleteOptions{GracePeriodSeconds: &now})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// trim deletes the oldest finished pods beyond the number that is kept.
func (c *controller) trim() error {
	done := podcontrol.Filter(client.List[*corev1.Pod](c.client, "", nil), podcontrol.Finished)
	if len(done) <= keepFinished {
		return nil
	}
	slices.SortStableFunc(done, func(a, b *corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	for _, pod := range done[:len(done)-keepFinished] {
		if err := c.remove(pod); err != nil {
			return err
		}
	}
	return nil
}
