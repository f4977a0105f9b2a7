// Package podcontrol is what controllers of pods share: making a pod from a
// template, adopting and releasing pods by label, the order in which pods are
// deleted, and when one counts as ready or available.
package podcontrol

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// Control makes and deletes the pods of one controller.
type Control struct {
	Client   *client.Client
	Recorder *events.Recorder
}

// Pods is the resource.
var Pods = schema.GroupResource{Resource: "pods"}

// FromTemplate is a new pod of an owner. Its name is generated from the
// owner's unless name is set.
func FromTemplate(t *corev1.PodTemplateSpec, owner store.Object, gvk schema.GroupVersionKind) *corev1.Pod {
	t = t.DeepCopy()
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       owner.GetNamespace(),
			GenerateName:    generateName(owner.GetName()),
			Labels:          t.Labels,
			Annotations:     t.Annotations,
			Finalizers:      t.Finalizers,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, gvk)},
		},
		Spec: t.Spec,
	}
}

// generateName is the prefix of pod names, cut where it would leave no room
// for a valid name.
func generateName(owner string) string {
	const longestPrefix = 253 - 5
	if len(owner) >= longestPrefix {
		return owner
	}
	return owner + "-"
}

// Create creates a pod, and records that or why not about its owner.
func (c *Control) Create(owner store.Object, pod *corev1.Pod) (*corev1.Pod, error) {
	created, err := client.Create(c.Client, pod)
	if err != nil {
		c.Recorder.Eventf(owner, corev1.EventTypeWarning, "FailedCreate", "Error creating: %v", err)
		return nil, err
	}
	c.Recorder.Eventf(owner, corev1.EventTypeNormal, "SuccessfulCreate", "Created pod: %s", created.Name)
	return created, nil
}

// Delete deletes a pod, and records that or why not about its owner.
func (c *Control) Delete(owner store.Object, pod *corev1.Pod) error {
	if err := c.Client.Delete(pod, metav1.DeleteOptions{}); err != nil {
		c.Recorder.Eventf(owner, corev1.EventTypeWarning, "FailedDelete", "Error deleting: %v", err)
		return fmt.Errorf("unable to delete pods: %w", err)
	}
	c.Recorder.Eventf(owner, corev1.EventTypeNormal, "SuccessfulDelete", "Deleted pod: %s", pod.Name)
	return nil
}

// Claim returns the pods that an owner controls, in order of name. Pods that
// the selector matches and nobody controls are adopted; pods that it no longer
// matches are released.
func (c *Control) Claim(owner store.Object, gvk schema.GroupVersionKind, selector labels.Selector) ([]*corev1.Pod, error) {
	return Claim[*corev1.Pod](c.Client, owner, gvk, selector)
}

// Claim is Control.Claim for any type of dependent. Only those that all members
// accept can belong to the owner.
func Claim[T store.Object](c *client.Client, owner store.Object, gvk schema.GroupVersionKind, selector labels.Selector, member ...func(T) bool) ([]T, error) {
	belongs := func(obj T) bool {
		return selector.Matches(labels.Set(obj.GetLabels())) &&
			!slices.ContainsFunc(member, func(accepts func(T) bool) bool { return !accepts(obj) })
	}
	var claimed []T
	for _, obj := range client.Controlled[T](c, owner.GetUID()) {
		switch {
		case belongs(obj):
			claimed = append(claimed, obj)
		case owner.GetDeletionTimestamp() == nil:
			if err := release(c, owner, obj); err != nil {
				return nil, err
			}
		}
	}
	if owner.GetDeletionTimestamp() != nil {
		return claimed, nil
	}
	adopted, err := adopt(c, owner, gvk, belongs)
	if err != nil || len(adopted) == 0 {
		return claimed, err
	}
	claimed = append(claimed, adopted...)
	slices.SortFunc(claimed, func(a, b T) int { return compareNames(a, b) })
	return claimed, nil
}

const orphans = "orphans"

// orphanOf indexes the objects of a namespace that nobody controls.
func orphanOf(obj store.Object, namespaces []string) []string {
	if metav1.GetControllerOfNoCopy(obj) != nil || obj.GetDeletionTimestamp() != nil {
		return namespaces
	}
	return append(namespaces, obj.GetNamespace())
}

func adopt[T store.Object](c *client.Client, owner store.Object, gvk schema.GroupVersionKind, belongs func(T) bool) ([]T, error) {
	var adopted []T
	for _, obj := range client.Indexed[T](c, orphans, owner.GetNamespace(), orphanOf) {
		if !belongs(obj) || finished(obj) {
			continue
		}
		mine := obj.DeepCopyObject().(T)
		mine.SetOwnerReferences(append(mine.GetOwnerReferences(), *metav1.NewControllerRef(owner, gvk)))
		updated, err := client.Update(c, mine)
		if err != nil {
			return nil, fmt.Errorf("adopt %s: %w", obj.GetName(), err)
		}
		adopted = append(adopted, updated)
	}
	return adopted, nil
}

func release[T store.Object](c *client.Client, owner store.Object, obj T) error {
	free := obj.DeepCopyObject().(T)
	free.SetOwnerReferences(slices.DeleteFunc(free.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
		return r.UID == owner.GetUID()
	}))
	if _, err := client.Update(c, free); err != nil {
		return fmt.Errorf("release %s: %w", obj.GetName(), err)
	}
	return nil
}

func finished(obj store.Object) bool {
	pod, ok := obj.(*corev1.Pod)
	return ok && Finished(pod)
}

func compareNames(a, b store.Object) int {
	switch {
	case a.GetName() < b.GetName():
		return -1
	case a.GetName() > b.GetName():
		return 1
	}
	return 0
}

// WakeOwner wakes a controller of the given kind for events of its dependents:
// the owner, the former owner, and, for an orphan, whoever selects it.
func WakeOwner(resource schema.GroupResource, owner schema.GroupKind, selecting func(obj store.Object) []loop.Key) controllers.Watch {
	return controllers.Watch{Resource: resource, Keys: func(ev store.Event) []loop.Key {
		keys := ownerKey(nil, ev.Item.Object, owner)
		if ev.Old != nil {
			keys = ownerKey(keys, ev.Old.Object, owner)
		}
		if len(keys) == 0 && selecting != nil && metav1.GetControllerOfNoCopy(ev.Item.Object) == nil {
			keys = selecting(ev.Item.Object)
		}
		return keys
	}}
}

func ownerKey(keys []loop.Key, obj store.Object, owner schema.GroupKind) []loop.Key {
	ref := metav1.GetControllerOfNoCopy(obj)
	if ref == nil || ref.Kind != owner.Kind {
		return keys
	}
	if gv, err := schema.ParseGroupVersion(ref.APIVersion); err != nil || gv.Group != owner.Group {
		return keys
	}
	key := loop.Key{Namespace: obj.GetNamespace(), Name: ref.Name}
	if slices.Contains(keys, key) {
		return keys
	}
	return append(keys, key)
}

// Selecting finds the objects of a type, in an object's namespace, whose
// selector matches its labels.
func Selecting[T store.Object](c *client.Client, selectorOf func(T) *metav1.LabelSelector) func(store.Object) []loop.Key {
	return func(obj store.Object) []loop.Key {
		if len(obj.GetLabels()) == 0 {
			return nil
		}
		var keys []loop.Key
		for _, o := range client.List[T](c, obj.GetNamespace(), nil) {
			selector, err := metav1.LabelSelectorAsSelector(selectorOf(o))
			if err == nil && !selector.Empty() && selector.Matches(labels.Set(obj.GetLabels())) {
				keys = append(keys, controllers.KeyOf(o))
			}
		}
		return keys
	}
}

// Available reports whether a pod has been ready for a time, and if not yet,
// how long that will take (0 when it is not ready at all).
func Available(pod *corev1.Pod, minReadySeconds int32, now time.Time) (bool, time.Duration) {
	ready := condition(pod, corev1.PodReady)
	if ready == nil || ready.Status != corev1.ConditionTrue {
		return false, 0
	}
	left := ready.LastTransitionTime.Add(time.Duration(minReadySeconds) * time.Second).Sub(now)
	if minReadySeconds == 0 || left <= 0 {
		return true, 0
	}
	return false, left
}

// Ready reports whether a pod is ready.
func Ready(pod *corev1.Pod) bool {
	c := condition(pod, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == kind {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// Finished reports whether a pod has run to its end.
func Finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// Active reports whether a pod runs or will, and is not being deleted.
func Active(pod *corev1.Pod) bool {
	return !Finished(pod) && pod.DeletionTimestamp == nil
}

// Terminating reports whether a pod is being deleted and has not ended yet.
func Terminating(pod *corev1.Pod) bool {
	return !Finished(pod) && pod.DeletionTimestamp != nil
}

// Filter returns the pods that a condition holds for.
func Filter(pods []*corev1.Pod, keep func(*corev1.Pod) bool) []*corev1.Pod {
	var kept []*corev1.Pod
	for _, p := range pods {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// Labeled reports whether an object has all of some labels.
func Labeled(obj store.Object, want map[string]string) bool {
	have := obj.GetLabels()
	for k := range maps.Keys(want) {
		if v, ok := have[k]; !ok || v != want[k] {
			return false
		}
	}
	return true
}
