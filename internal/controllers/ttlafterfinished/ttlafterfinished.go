// Package ttlafterfinished deletes Jobs some time after they have ended:
// https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
package ttlafterfinished

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	const name = "ttl-after-finished-controller"
	c := client.ForServiceAccount(r, name)
	return &controllers.Controller{
		Name:    name,
		Watches: []controllers.Watch{controllers.Each(schema.GroupResource{Group: batchv1.GroupName, Resource: "jobs"})},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			return reconcile(c, key)
		},
	}
}

func reconcile(c *client.Client, key loop.Key) (controllers.Result, error) {
	job, ok := client.Get[*batchv1.Job](c, key.Namespace, key.Name)
	if !ok || job.DeletionTimestamp != nil || job.Spec.TTLSecondsAfterFinished == nil {
		return controllers.Result{}, nil
	}
	end, ok := endOf(job)
	if !ok {
		return controllers.Result{}, nil
	}
	expires := end.Add(time.Duration(*job.Spec.TTLSecondsAfterFinished) * time.Second)
	if left := expires.Sub(c.Registry.Loop.Now()); left > 0 {
		return controllers.Result{After: left}, nil
	}
	err := c.Delete(job, metav1.DeleteOptions{
		PropagationPolicy: ptr.To(metav1.DeletePropagationForeground),
		Preconditions:     &metav1.Preconditions{UID: &job.UID},
	})
	if apierrors.IsNotFound(err) {
		return controllers.Result{}, nil
	}
	return controllers.Result{}, err
}

// endOf is when a Job ended, if it has.
func endOf(job *batchv1.Job) (time.Time, bool) {
	for _, c := range job.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}
