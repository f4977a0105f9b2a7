package replicaset

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// New returns the controller of ReplicaSets.
func New(r *registry.Registry) *controllers.Controller {
	return newController(r, "replicaset-controller", family{
		gvk:               appsv1.SchemeGroupVersion.WithKind("ReplicaSet"),
		resource:          schema.GroupResource{Group: appsv1.GroupName, Resource: "replicasets"},
		countsTerminating: true,
		get:               getReplicaSet,
		write:             writeReplicaSet,
		related:           siblings,
		selecting: func(c *client.Client) func(store.Object) []loop.Key {
			return podcontrol.Selecting(c, func(rs *appsv1.ReplicaSet) *metav1.LabelSelector { return rs.Spec.Selector })
		},
	})
}

func getReplicaSet(c *client.Client, namespace, name string) (*set, error) {
	rs, ok := client.Get[*appsv1.ReplicaSet](c, namespace, name)
	if !ok {
		return nil, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(rs.Spec.Selector)
	if err != nil {
		return nil, err
	}
	st := rs.Status
	s := &set{
		object: rs, replicas: ptr.Deref(rs.Spec.Replicas, 1), minReady: rs.Spec.MinReadySeconds,
		selector: selector, template: &rs.Spec.Template,
		status: status{counts: counts{
			replicas: st.Replicas, fullyLabeled: st.FullyLabeledReplicas, ready: st.ReadyReplicas,
			available: st.AvailableReplicas, terminating: ptr.Deref(st.TerminatingReplicas, -1),
			observedGeneration: st.ObservedGeneration,
		}},
	}
	for _, cond := range st.Conditions {
		if cond.Type == appsv1.ReplicaSetReplicaFailure {
			s.status.failure = &failure{cond.Reason, cond.Message, cond.LastTransitionTime}
		}
	}
	return s, nil
}

func writeReplicaSet(c *client.Client, s *set, next status) error {
	rs := s.object.(*appsv1.ReplicaSet).DeepCopy()
	conditions := deleteCondition(rs.Status.Conditions, func(c appsv1.ReplicaSetCondition) bool {
		return c.Type == appsv1.ReplicaSetReplicaFailure
	})
	if f := next.failure; f != nil {
		conditions = append(conditions, appsv1.ReplicaSetCondition{
			Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue,
			LastTransitionTime: f.since, Reason: f.reason, Message: f.message,
		})
	}
	rs.Status = appsv1.ReplicaSetStatus{
		Replicas: next.replicas, FullyLabeledReplicas: next.fullyLabeled, ReadyReplicas: next.ready,
		AvailableReplicas: next.available, TerminatingReplicas: &next.terminating,
		ObservedGeneration: next.observedGeneration, Conditions: conditions,
	}
	_, err := client.UpdateStatus(c, rs)
	return err
}

// siblings are the ReplicaSets of the same owner.
func siblings(c *client.Client, s *set) []store.Object {
	owner := metav1.GetControllerOfNoCopy(s.object)
	if owner == nil {
		return []store.Object{s.object}
	}
	var sets []store.Object
	for _, rs := range client.Controlled[*appsv1.ReplicaSet](c, owner.UID) {
		sets = append(sets, rs)
	}
	return sets
}

// NewReplicationController returns the controller of ReplicationControllers.
func NewReplicationController(r *registry.Registry) *controllers.Controller {
	return newController(r, "replication-controller", family{
		gvk:      corev1.SchemeGroupVersion.WithKind("ReplicationController"),
		resource: schema.GroupResource{Resource: "replicationcontrollers"},
		get:      getReplicationController,
		write:    writeReplicationController,
		related:  func(_ *client.Client, s *set) []store.Object { return []store.Object{s.object} },
		selecting: func(c *client.Client) func(store.Object) []loop.Key {
			return podcontrol.Selecting(c, func(rc *corev1.ReplicationController) *metav1.LabelSelector {
				return &metav1.LabelSelector{MatchLabels: rc.Spec.Selector}
			})
		},
	})
}

func getReplicationController(c *client.Client, namespace, name string) (*set, error) {
	rc, ok := client.Get[*corev1.ReplicationController](c, namespace, name)
	if !ok {
		return nil, nil
	}
	st := rc.Status
	s := &set{
		object: rc, replicas: ptr.Deref(rc.Spec.Replicas, 1), minReady: rc.Spec.MinReadySeconds,
		selector: labels.SelectorFromSet(rc.Spec.Selector), template: rc.Spec.Template,
		status: status{counts: counts{
			replicas: st.Replicas, fullyLabeled: st.FullyLabeledReplicas, ready: st.ReadyReplicas,
			available: st.AvailableReplicas, terminating: -1, observedGeneration: st.ObservedGeneration,
		}},
	}
	for _, cond := range st.Conditions {
		if cond.Type == corev1.ReplicationControllerReplicaFailure {
			s.status.failure = &failure{cond.Reason, cond.Message, cond.LastTransitionTime}
		}
	}
	return s, nil
}

func writeReplicationController(c *client.Client, s *set, next status) error {
	rc := s.object.(*corev1.ReplicationController).DeepCopy()
	conditions := deleteCondition(rc.Status.Conditions, func(c corev1.ReplicationControllerCondition) bool {
		return c.Type == corev1.ReplicationControllerReplicaFailure
	})
	if f := next.failure; f != nil {
		conditions = append(conditions, corev1.ReplicationControllerCondition{
			Type: corev1.ReplicationControllerReplicaFailure, Status: corev1.ConditionTrue,
			LastTransitionTime: f.since, Reason: f.reason, Message: f.message,
		})
	}
	rc.Status = corev1.ReplicationControllerStatus{
		Replicas: next.replicas, FullyLabeledReplicas: next.fullyLabeled, ReadyReplicas: next.ready,
		AvailableReplicas: next.available, ObservedGeneration: next.observedGeneration, Conditions: conditions,
	}
	_, err := client.UpdateStatus(c, rc)
	return err
}

// deleteCondition returns the conditions without those that match, sharing
// nothing with the list.
func deleteCondition[C any](conditions []C, match func(C) bool) []C {
	var kept []C
	for _, c := range conditions {
		if !match(c) {
			kept = append(kept, c)
		}
	}
	return kept
}
