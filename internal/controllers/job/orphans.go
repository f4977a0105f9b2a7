package job

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

const trackedOf = "job"

// trackedBy indexes pods that carry the finalizer by the name of their Job, which
// is empty for those that nobody controls.
func trackedBy(obj store.Object, jobs []string) []string {
	ref := metav1.GetControllerOfNoCopy(obj)
	switch {
	case !tracked(obj.(*corev1.Pod)):
		return jobs
	case ref == nil:
		return append(jobs, store.Name(obj.GetNamespace(), ""))
	case ref.Kind != gvk.Kind:
		return jobs
	}
	return append(jobs, store.Name(obj.GetNamespace(), ref.Name))
}

// orphaned is the key of no Job for a pod that carries the finalizer, and that
// nobody controls.
func orphaned(ev store.Event) []loop.Key {
	pod := ev.Item.Object.(*corev1.Pod)
	if !tracked(pod) || metav1.GetControllerOfNoCopy(pod) != nil {
		return nil
	}
	return []loop.Key{{Namespace: pod.Namespace}}
}

// releaseOrphans takes the finalizer off pods that nobody will account for: of
// a Job that has ended, or of one that is gone (nil) and maybe has a successor
// of the same name.
func (c *controller) releaseOrphans(key loop.Key, ended *batchv1.Job) error {
	for _, pod := range client.Indexed[*corev1.Pod](c.Client, trackedOf, key.String(), trackedBy) {
		if ended != nil && !metav1.IsControlledBy(pod, ended) {
			continue
		}
		if err := c.release(pod); err != nil {
			return err
		}
	}
	return nil
}
