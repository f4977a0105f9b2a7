package statefulset

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/history"
)

// revisions are the two between which a set moves.
type revisions struct {
	recorded        []*appsv1.ControllerRevision // all of them, oldest first
	current, update *appsv1.ControllerRevision
	currentTemplate *corev1.PodTemplateSpec
	updateTemplate  *corev1.PodTemplateSpec
	collisions      int32
}

// revisionsOf finds the revision of a set's template, which it makes if need
// be, and the one that its pods had before.
func (c *controller) revisionsOf(set *appsv1.StatefulSet, recorded []*appsv1.ControllerRevision) (revisions, error) {
	v := revisions{recorded: recorded, collisions: ptr.Deref(set.Status.CollisionCount, 0)}
	if err := c.findUpdate(set, &v); err != nil {
		return v, err
	}
	v.current = v.update
	for _, r := range v.recorded {
		if r.Name == set.Status.CurrentRevision {
			v.current = r
		}
	}
	var err error
	if v.updateTemplate, err = history.Template(v.update); err != nil {
		return v, err
	}
	v.currentTemplate, err = history.Template(v.current)
	return v, err
}

func (c *controller) findUpdate(set *appsv1.StatefulSet, v *revisions) error {
	data, err := history.Patch(&set.Spec.Template)
	if err != nil {
		return err
	}
	next, err := history.Revision(set, gvk, &set.Spec.Template, history.HashLabel, history.Hash(data, v.collisions))
	if err != nil {
		return err
	}
	next.Revision = history.Next(v.recorded)
	for i := len(v.recorded) - 1; i >= 0; i-- {
		if !history.Equal(v.recorded[i], next) {
			continue
		}
		v.update = v.recorded[i]
		if i < len(v.recorded)-1 { // back to an older one
			v.update, err = history.SetNumber(c.client, v.update, next.Revision)
		}
		return err
	}
	v.update, err = c.createRevision(set, next, &v.collisions)
	return err
}

// createRevision stores a revision, under another name for as long as a
// different one has it.
func (c *controller) createRevision(set *appsv1.StatefulSet, r *appsv1.ControllerRevision, collisions *int32) (*appsv1.ControllerRevision, error) {
	for {
		r.Name = history.Name(set.Name, history.Hash(r.Data.Raw, *collisions))
		created, err := client.Create(c.client, r.DeepCopy())
		if !apierrors.IsAlreadyExists(err) {
			return created, err
		}
		there, ok := client.Get[*appsv1.ControllerRevision](c.client, set.Namespace, r.Name)
		if ok && history.Equal(there, r) {
			return there, nil
		}
		*collisions++
	}
}

// trim deletes revisions beyond the limit that no pod has.
func (r *rollout) trim(pods []*corev1.Pod) error {
	live := map[string]bool{r.current.Name: true, r.revisions.update.Name: true}
	for _, pod := range pods {
		live[revisionOf(pod)] = true
	}
	limit := int(ptr.Deref(r.set.Spec.RevisionHistoryLimit, 10))
	return history.Trim(r.client, r.recorded, limit, func(c *appsv1.ControllerRevision) bool { return live[c.Name] })
}
