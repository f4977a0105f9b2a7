// Package eventttl lets events expire, as the API server's --event-ttl does.
package eventttl

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

// ttl is how long an event is kept after it was written last.
const ttl = time.Hour

// Run adds the controller to the loop. Events that expire are nothing that
// anybody waits for, so its timers count as background.
func Run(r *registry.Registry) {
	c := client.ForUser(r, "kube-apiserver", "system:apiserver", "system:masters")
	written := controllers.Each(schema.GroupResource{Resource: "events"})
	written.Delay = ttl
	controllers.RunInBackground(r, &controllers.Controller{
		Name:    "event-ttl",
		Watches: []controllers.Watch{written},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			event, ok := client.Get[*corev1.Event](c, key.Namespace, key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			if left := lastWritten(event).Add(ttl).Sub(r.Loop.Now()); left > 0 {
				return controllers.Result{After: left}, nil
			}
			if err := c.Delete(event, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return controllers.Result{}, err
			}
			return controllers.Result{}, nil
		},
	})
}

// lastWritten is when an event was written last: when it happened last.
func lastWritten(e *corev1.Event) time.Time {
	last := e.CreationTimestamp.Time
	for _, t := range []time.Time{e.LastTimestamp.Time, e.EventTime.Time} {
		if t.After(last) {
			last = t
		}
	}
	if e.Series != nil && e.Series.LastObservedTime.After(last) {
		last = e.Series.LastObservedTime.Time
	}
	return last
}
