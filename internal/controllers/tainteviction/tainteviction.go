// Package tainteviction deletes pods from nodes whose NoExecute taints they do
// not tolerate, or tolerate for a while only:
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
package tainteviction

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/klog/v2"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller. Its keys are pods.
func New(r *registry.Registry) *controllers.Controller {
	const name = "taint-eviction-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, "")}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			{Resource: podcontrol.Pods, Keys: bound},
			{Resource: schema.GroupResource{Resource: "nodes"}, Keys: c.onTainted},
		},
		Reconcile: c.reconcile,
	}
}

// bound wakes for a pod that comes to a node or changes its tolerations.
func bound(ev store.Event) []loop.Key {
	pod := ev.Item.Object.(*corev1.Pod)
	if pod.Spec.NodeName == "" || ev.Type == store.Deleted {
		return nil
	}
	if ev.Old != nil {
		old := ev.Old.Object.(*corev1.Pod)
		if old.Spec.NodeName == pod.Spec.NodeName && len(old.Spec.Tolerations) == len(pod.Spec.Tolerations) {
			return nil
		}
	}
	return []loop.Key{controllers.KeyOf(pod)}
}

// onTainted wakes for all pods of a node whose taints change.
func (c *controller) onTainted(ev store.Event) []loop.Key {
	if ev.Old == nil || ev.Type == store.Deleted {
		return nil
	}
	node := ev.Item.Object.(*corev1.Node)
	if len(noExecute(node)) == len(noExecute(ev.Old.Object.(*corev1.Node))) {
		return nil
	}
	var keys []loop.Key
	for _, pod := range client.PodsOnNode(c.client, node.Name) {
		keys = append(keys, controllers.KeyOf(pod))
	}
	return keys
}

func noExecute(node *corev1.Node) []corev1.Taint {
	var taints []corev1.Taint
	for _, t := range node.Spec.Taints {
		if t.Effect == corev1.TaintEffectNoExecute {
			taints = append(taints, t)
		}
	}
	return taints
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	pod, ok := client.Get[*corev1.Pod](c.client, key.Namespace, key.Name)
	if !ok || pod.DeletionTimestamp != nil || pod.Spec.NodeName == "" {
		return controllers.Result{}, nil
	}
	node, ok := client.Get[*corev1.Node](c.client, "", pod.Spec.NodeName)
	if !ok {
		return controllers.Result{}, nil
	}
	at, evict := evictAt(pod, noExecute(node), c.client.Registry.Loop.Now())
	if !evict {
		return controllers.Result{}, nil
	}
	if left := at.Sub(c.client.Registry.Loop.Now()); left > 0 {
		return controllers.Result{After: left}, nil
	}
	return controllers.Result{}, c.evict(pod)
}

// evictAt is when the first of a node's taints drives a pod away.
func evictAt(pod *corev1.Pod, taints []corev1.Taint, now time.Time) (at time.Time, evict bool) {
	for _, t := range taints {
		until, forever := toleratedUntil(pod, t, now)
		if forever {
			continue
		}
		if !evict || until.Before(at) {
			at, evict = until, true
		}
	}
	return at, evict
}

// toleratedUntil is until when a pod stands a taint; the shortest of its
// tolerations counts.
func toleratedUntil(pod *corev1.Pod, t corev1.Taint, now time.Time) (until time.Time, forever bool) {
	since := now
	if t.TimeAdded != nil {
		since = t.TimeAdded.Time
	}
	until, forever = since, false
	tolerated := false
	for i := range pod.Spec.Tolerations {
		toleration := &pod.Spec.Tolerations[i]
		if !toleration.ToleratesTaint(klog.Background(), &t, true) {
			continue
		}
		if toleration.TolerationSeconds == nil {
			if !tolerated {
				forever = true
			}
			tolerated = true
			continue
		}
		end := since.Add(time.Duration(*toleration.TolerationSeconds) * time.Second)
		if !tolerated || forever || end.Before(until) {
			until, forever = end, false
		}
		tolerated = true
	}
	return until, forever
}

func (c *controller) evict(pod *corev1.Pod) error {
	about := corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name}
	c.recorder.EventFor(about, corev1.EventTypeNormal, "TaintManagerEviction", fmt.Sprintf("Marking for deletion Pod %s/%s", pod.Namespace, pod.Name))
	next := pod.DeepCopy()
	next.Status.Conditions = append(next.Status.Conditions, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		Reason: "DeletionByTaintManager", Message: "Taint manager: deleting due to NoExecute taint",
		ObservedGeneration: pod.Generation,
		LastTransitionTime: metav1.NewTime(c.client.Registry.Loop.Now().Truncate(time.Second)),
	})
	updated, err := client.UpdateStatus(c.client, next)
	if err != nil {
		return err
	}
	if err := c.client.Delete(updated, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return nil
}
