package describe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describeDeployment(ctx context.Context, w *writer, deployment *appsv1.Deployment, r *related) error {
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil {
		return err
	}
	status := deployment.Status
	w.field("Name", deployment.Name)
	w.field("Namespace", deployment.Namespace)
	w.field("CreationTimestamp", date(deployment.CreationTimestamp.Time))
	w.pairs("Labels", deployment.Labels)
	w.annotations("Annotations", deployment.Annotations)
	w.field("Selector", selector)
	w.fieldf("Replicas", "%d desired | %d updated | %d total | %d available | %d unavailable", deref(deployment.Spec.Replicas),
		status.UpdatedReplicas, status.Replicas, status.AvailableReplicas, status.UnavailableReplicas)
	w.field("StrategyType", deployment.Spec.Strategy.Type)
	w.field("MinReadySeconds", deployment.Spec.MinReadySeconds)
	if update := deployment.Spec.Strategy.RollingUpdate; update != nil {
		w.fieldf("RollingUpdateStrategy", "%s max unavailable, %s max surge", update.MaxUnavailable, update.MaxSurge)
	}
	w.podTemplate(&deployment.Spec.Template)
	var conditions []controllerCondition
	for _, c := range status.Conditions {
		conditions = append(conditions, controllerCondition{string(c.Type), string(c.Status), c.Reason})
	}
	w.controllerConditions(conditions)
	if older, newest, err := r.replicaSets(ctx, deployment, selector); err == nil && len(older)+len(newest) > 0 {
		w.field("OldReplicaSets", replicaSetsText(older))
		w.field("NewReplicaSet", replicaSetsText(newest))
	}
	w.events(ctx, r, aboutObject("Deployment", deployment))
	return nil
}

// replicaSets returns the replica sets of a deployment, by age: those of
// templates it had before, and that of the template it has now, if any.
func (r *related) replicaSets(ctx context.Context, deployment *appsv1.Deployment, selector labels.Selector) (older, newest []*appsv1.ReplicaSet, err error) {
	all, err := find(ctx, r, replicaSetCollection(), deployment.Namespace, selector, nil)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, func(a, b *appsv1.ReplicaSet) int {
		if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, set := range all {
		switch {
		case !metav1.IsControlledBy(set, deployment):
		case newest == nil && sameTemplate(set.Spec.Template, deployment.Spec.Template):
			newest = append(newest, set)
		default:
			older = append(older, set)
		}
	}
	return older, newest, nil
}

// sameTemplate compares templates but for the hash that is put on pods.
func sameTemplate(a, b corev1.PodTemplateSpec) bool {
	withoutHash := func(template corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
		bare := template.DeepCopy()
		delete(bare.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
		return bare
	}
	return equality.Semantic.DeepEqual(withoutHash(a), withoutHash(b))
}

func replicaSetsText(sets []*appsv1.ReplicaSet) string {
	names := make([]string, 0, len(sets))
	for _, set := range sets {
		names = append(names, fmt.Sprintf("%s (%d/%d replicas created)", set.Name, set.Status.Replicas, deref(set.Spec.Replicas)))
	}
	return orNone(strings.Join(names, ", "))
}
