package daemonset

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/history"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

const (
	hashLabel = appsv1.DefaultDaemonSetUniqueLabelKey
	// generationLabel is the older way to tell pods' templates apart.
	generationLabel = "pod-template-generation"
)

// findCurrent sorts the set's revisions, and makes the one of its template if
// need be.
func (r *rollout) findCurrent(revisions []*appsv1.ControllerRevision) error {
	next, err := r.snapshot()
	if err != nil {
		return err
	}
	for _, rev := range revisions {
		if history.Equal(rev, next) {
			if r.current != nil {
				r.old = append(r.old, r.current)
			}
			r.current = rev
			continue
		}
		r.old = append(r.old, rev)
	}
	history.Sort(r.old)
	next.Revision = history.Next(r.old)
	switch {
	case r.current == nil:
		r.current, err = r.create(next)
	case r.current.Revision < next.Revision:
		r.current, err = history.SetNumber(r.Client, r.current, next.Revision)
	}
	return err
}

// snapshot is a revision of the set's template.
func (r *rollout) snapshot() (*appsv1.ControllerRevision, error) {
	hash := podcontrol.TemplateHash(&r.set.Spec.Template, r.set.Status.CollisionCount)
	return history.Revision(r.set, gvk, &r.set.Spec.Template, hashLabel, hash)
}

// create stores a revision. Where a different one has its name, that is
// counted, so that the next try has another.
func (r *rollout) create(next *appsv1.ControllerRevision) (*appsv1.ControllerRevision, error) {
	created, err := client.Create(r.Client, next.DeepCopy())
	if !apierrors.IsAlreadyExists(err) {
		return created, err
	}
	there, ok := client.Get[*appsv1.ControllerRevision](r.Client, next.Namespace, next.Name)
	if ok && history.Equal(there, next) {
		return there, nil
	}
	set := r.set.DeepCopy()
	set.Status.CollisionCount = ptr.To(ptr.Deref(set.Status.CollisionCount, 0) + 1)
	if _, err := client.UpdateStatus(r.Client, set); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("hash collision for the template of %s/%s", set.Namespace, set.Name)
}

func (r *rollout) hash() string { return r.current.Labels[hashLabel] }

func (r *rollout) generation() string { return r.set.Annotations[appsv1.DeprecatedTemplateGeneration] }

// updated reports whether a pod is of the set's template.
func (r *rollout) updated(pod *corev1.Pod) bool {
	if hash := r.hash(); hash != "" && pod.Labels[hashLabel] == hash {
		return true
	}
	generation := r.generation()
	return generation != "" && pod.Labels[generationLabel] == generation
}

// fromTemplate is a pod of the set's template for any node.
func (r *rollout) fromTemplate() *corev1.Pod {
	pod := podcontrol.FromTemplate(&r.set.Spec.Template, r.set, gvk)
	tolerate(&pod.Spec)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, hashLabel, r.hash())
	if generation := r.generation(); generation != "" {
		metav1.SetMetaDataLabel(&pod.ObjectMeta, generationLabel, generation)
	}
	return pod
}

// trim deletes the oldest revisions beyond the limit, but none that a pod has.
func (r *rollout) trim() error {
	live := map[string]bool{}
	for _, pods := range r.pods {
		for _, pod := range pods {
			live[pod.Labels[hashLabel]] = true
		}
	}
	excess := len(r.old) - int(ptr.Deref(r.set.Spec.RevisionHistoryLimit, 10))
	for _, rev := range r.old {
		if excess <= 0 {
			break
		}
		if live[rev.Labels[hashLabel]] {
			continue
		}
		if err := r.Client.Delete(rev, metav1.DeleteOptions{}); err != nil {
			return err
		}
		excess--
	}
	return nil
}
