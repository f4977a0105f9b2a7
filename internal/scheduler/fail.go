package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
)

// fail notes that a pod fits nowhere: it tries to make room by preemption, says
// so in an event and in the pod's status, and puts the pod aside.
func (s *Scheduler) fail(c *cycle, e entry, r *rejection) {
	message := r.message
	nominee := ""
	if r.by != anyPlugin {
		var said string
		nominee, said = s.preempt(c, r)
		message += said
	}
	s.queue.wait(e, r.by|resourcesFitIf(nominee != ""), s.registry.Loop.Now())
	s.events.Action(c.pod.api, corev1.EventTypeWarning, "FailedScheduling", "Scheduling", message)
	s.setUnschedulable(c.pod.api, message, nominee)
}

// resourcesFitIf makes a pod that waits for its victims wake when they go.
func resourcesFitIf(nominated bool) plugin {
	if nominated {
		return resourcesFit
	}
	return 0
}

// setUnschedulable writes into a pod's status why it has no node.
func (s *Scheduler) setUnschedulable(api *corev1.Pod, message, nominee string) {
	condition := corev1.PodCondition{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse,
		Reason: corev1.PodReasonUnschedulable, Message: message, ObservedGeneration: api.Generation,
		LastTransitionTime: metav1.NewTime(s.registry.Loop.Now()),
	}
	current, ok := client.Get[*corev1.Pod](s.client, api.Namespace, api.Name)
	if !ok {
		return
	}
	if nominee == "" {
		nominee = s.nominated[api.UID]
	}
	conditions := withCondition(current.Status.Conditions, condition)
	if nominee == current.Status.NominatedNodeName && slices.Equal(conditions, current.Status.Conditions) {
		return
	}
	obj := *current
	obj.Status.Conditions, obj.Status.NominatedNodeName = conditions, nominee
	_, _ = client.Put(s.client, &obj, "status") // A pod that is gone needs no status.
}

// withCondition is a list of conditions with one set; its time stays where its
// status does.
func withCondition(list []corev1.PodCondition, c corev1.PodCondition) []corev1.PodCondition {
	out := make([]corev1.PodCondition, 0, len(list)+1)
	found := false
	for _, have := range list {
		if have.Type == c.Type {
			found = true
			if have.Status == c.Status {
				c.LastTransitionTime = have.LastTransitionTime
			}
			have = c
		}
		out = append(out, have)
	}
	if !found {
		out = append(out, c)
	}
	return out
}
