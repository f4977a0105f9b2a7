package backends

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// Trigger is when the earliest change of pods happened that the endpoints of a
// Service do not show yet; nil: pods have not become ready or unready. shown
// are the pods that they show already.
func Trigger(pods []*corev1.Pod, shown map[types.UID]bool, now time.Time) *time.Time {
	var earliest *time.Time
	for _, pod := range pods {
		at, ok := turned(pod)
		fresh := !at.Before(now.Truncate(time.Second)) || !shown[pod.UID] && podcontrol.Ready(pod)
		if ok && fresh && (earliest == nil || at.Before(*earliest)) {
			earliest = &at
		}
	}
	return earliest
}

// turned is when a pod became ready or unready.
func turned(pod *corev1.Pod) (at time.Time, ok bool) {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

// Stamp notes on endpoints when the change happened that they show; nil takes
// the note away.
func Stamp(endpoints metav1.Object, trigger *time.Time) {
	annotations := endpoints.GetAnnotations()
	if trigger == nil {
		delete(annotations, corev1.EndpointsLastChangeTriggerTime)
		return
	}
	if annotations == nil {
		annotations = map[string]string{}
		endpoints.SetAnnotations(annotations)
	}
	annotations[corev1.EndpointsLastChangeTriggerTime] = trigger.UTC().Format(time.RFC3339Nano)
}
