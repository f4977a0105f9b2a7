package deployment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// Annotations of a Deployment's ReplicaSets.
const (
	revisionAnnotation        = "deployment.kubernetes.io/revision"
	revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	maxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"
	rollbackAnnotation        = "deprecated.deployment.rollback.to"
)

// ownAnnotations of a Deployment are not copied to its ReplicaSets.
var ownAnnotations = []string{
	corev1.LastAppliedConfigAnnotation, revisionAnnotation, revisionHistoryAnnotation,
	desiredReplicasAnnotation, maxReplicasAnnotation, rollbackAnnotation,
}

// sameTemplate compares templates but for the label that the controller adds.
func sameTemplate(a, b *corev1.PodTemplateSpec) bool {
	x, y := *a, *b
	x.Labels, y.Labels = withoutHash(a.Labels), withoutHash(b.Labels)
	return equality.Semantic.DeepEqual(&x, &y)
}

func withoutHash(labels map[string]string) map[string]string {
	if _, has := labels[appsv1.DefaultDeploymentUniqueLabelKey]; !has {
		return labels
	}
	labels = maps.Clone(labels)
	delete(labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return labels
}

// ensureCurrent brings the ReplicaSet of the current template up to date, and
// makes it if asked to.
func (r *rollout) ensureCurrent(create bool) error {
	next := strconv.FormatInt(r.maxOldRevision()+1, 10)
	if r.current != nil {
		return r.refreshCurrent(next)
	}
	if !create {
		return nil
	}
	return r.createCurrent(next)
}

func (r *rollout) maxOldRevision() int64 {
	var highest int64
	for _, rs := range r.old {
		highest = max(highest, revision(rs))
	}
	return highest
}

func revision(rs *appsv1.ReplicaSet) int64 {
	n, err := strconv.ParseInt(rs.Annotations[revisionAnnotation], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (r *rollout) refreshCurrent(next string) error {
	rs := r.current.DeepCopy()
	annotated := r.annotate(rs, next, true)
	if annotated || rs.Spec.MinReadySeconds != r.d.Spec.MinReadySeconds {
		rs.Spec.MinReadySeconds = r.d.Spec.MinReadySeconds
		updated, err := client.Update(r.client, rs)
		if err != nil {
			return err
		}
		r.current = updated
	}
	changed := r.setRevision(r.current.Annotations[revisionAnnotation])
	if r.deadline() > 0 && condition(r.d, appsv1.DeploymentProgressing) == nil {
		r.setProgress(corev1.ConditionTrue, "FoundNewReplicaSet",
			fmt.Sprintf("Found new replica set %q", r.current.Name))
		changed = true
	}
	return r.saveWhen(changed)
}

// saveWhen stores annotations and status that ensureCurrent has changed. The
// status path takes both, and does not count as a new generation.
func (r *rollout) saveWhen(changed bool) error {
	if !changed {
		return nil
	}
	updated, err := client.UpdateStatus(r.client, r.d.DeepCopy())
	if err != nil {
		return err
	}
	r.d = updated.DeepCopy()
	return nil
}

// setRevision notes the revision on the Deployment.
func (r *rollout) setRevision(revision string) bool {
	if r.d.Annotations[revisionAnnotation] == revision {
		return false
	}
	if r.d.Annotations == nil {
		r.d.Annotations = map[string]string{}
	}
	r.d.Annotations[revisionAnnotation] = revision
	return true
}

func (r *rollout) createCurrent(next string) error {
	rs := r.newReplicaSet()
	rs.Spec.Replicas = ptr.To(r.sizeOfCurrent())
	r.annotate(rs, next, false)
	created, err := client.Create(r.client, rs)
	switch {
	case apierrors.IsAlreadyExists(err):
		return r.collide()
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil
	case err != nil:
		r.setProgress(corev1.ConditionFalse, "ReplicaSetCreateError",
			fmt.Sprintf("Failed to create new replica set %q: %v", rs.Name, err))
		_ = r.saveWhen(true) // the failure to create is what counts
		return err
	}
	r.current = created
	if n := sizeOf(created); n > 0 {
		r.recorder.Eventf(r.d, corev1.EventTypeNormal, "ScalingReplicaSet",
			"Scaled up replica set %s from 0 to %d", created.Name, n)
	}
	r.setRevision(next)
	r.setProgress(corev1.ConditionTrue, "NewReplicaSetCreated",
		fmt.Sprintf("Created new replica set %q", created.Name))
	return r.saveWhen(true)
}

// collide counts a hash that another template has, so that the next one
// differs.
func (r *rollout) collide() error {
	r.d.Status.CollisionCount = ptr.To(ptr.Deref(r.d.Status.CollisionCount, 0) + 1)
	_, err := client.UpdateStatus(r.client, r.d.DeepCopy())
	if err != nil {
		return err
	}
	return fmt.Errorf("hash collision for the template of %s/%s", r.d.Namespace, r.d.Name)
}

func (r *rollout) newReplicaSet() *appsv1.ReplicaSet {
	template := r.d.Spec.Template.DeepCopy()
	hash := podcontrol.TemplateHash(template, r.d.Status.CollisionCount)
	template.Labels = withLabel(template.Labels, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	selector := r.d.Spec.Selector.DeepCopy()
	selector.MatchLabels = withLabel(selector.MatchLabels, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:            r.d.Name + "-" + hash,
			Namespace:       r.d.Namespace,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(r.d, gvk)},
			Labels:          maps.Clone(template.Labels),
		},
		Spec: appsv1.ReplicaSetSpec{
			MinReadySeconds: r.d.Spec.MinReadySeconds,
			Selector:        selector,
			Template:        *template,
		},
	}
}

func withLabel(labels map[string]string, key, value string) map[string]string {
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[key] = value
	return labels
}

// annotate gives a ReplicaSet the Deployment's annotations, its revision and
// sizes, and reports whether that changed it.
func (r *rollout) annotate(rs *appsv1.ReplicaSet, next string, exists bool) bool {
	if rs.Annotations == nil {
		rs.Annotations = map[string]string{}
	}
	changed := false
	for key, value := range r.d.Annotations {
		if !slices.Contains(ownAnnotations, key) && rs.Annotations[key] != value {
			rs.Annotations[key] = value
			changed = true
		}
	}
	changed = raiseRevision(rs, next) || changed
	if exists {
		return changed
	}
	return r.annotateSize(rs) || changed
}

// raiseRevision sets a ReplicaSet's revision unless it has a later one, and
// keeps the earlier ones as history.
func raiseRevision(rs *appsv1.ReplicaSet, next string) bool {
	had := rs.Annotations[revisionAnnotation]
	n, err := strconv.ParseInt(next, 10, 64)
	if err != nil || revision(rs) >= n {
		return false
	}
	rs.Annotations[revisionAnnotation] = next
	if had == "" {
		return true
	}
	history := rs.Annotations[revisionHistoryAnnotation]
	if history != "" {
		had = strings.Join([]string{history, had}, ",")
	}
	rs.Annotations[revisionHistoryAnnotation] = had
	return true
}

// annotateSize notes the Deployment's size on a ReplicaSet.
func (r *rollout) annotateSize(rs *appsv1.ReplicaSet) bool {
	if rs.Annotations == nil {
		rs.Annotations = map[string]string{}
	}
	changed := false
	for key, n := range map[string]int32{
		desiredReplicasAnnotation: r.replicas(),
		maxReplicasAnnotation:     r.replicas() + r.maxSurge(),
	} {
		if value := strconv.Itoa(int(n)); rs.Annotations[key] != value {
			rs.Annotations[key] = value
			changed = true
		}
	}
	return changed
}

func desiredReplicas(rs *appsv1.ReplicaSet) (int32, bool) {
	return annotatedNumber(rs, desiredReplicasAnnotation)
}

func annotatedNumber(rs *appsv1.ReplicaSet, key string) (int32, bool) {
	n, err := strconv.ParseInt(rs.Annotations[key], 10, 32)
	return int32(n), err == nil
}
