package describe

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describeStatefulSet(ctx context.Context, w *writer, set *appsv1.StatefulSet, r *related) error {
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return err
	}
	counts, err := r.podCounts(ctx, set, selector)
	if err != nil {
		return err
	}
	w.field("Name", set.Name)
	w.field("Namespace", set.Namespace)
	w.field("CreationTimestamp", date(set.CreationTimestamp.Time))
	w.field("Selector", selector)
	w.pairs("Labels", set.Labels)
	w.annotations("Annotations", set.Annotations)
	w.optional("Service Name", set.Spec.ServiceName)
	w.optional("Pod Management Policy", string(set.Spec.PodManagementPolicy))
	w.fieldf("Replicas", "%d desired | %d total", deref(set.Spec.Replicas), set.Status.Replicas)
	w.field("Update Strategy", set.Spec.UpdateStrategy.Type)
	if update := set.Spec.UpdateStrategy.RollingUpdate; update != nil && update.Partition != nil {
		w.in().field("Partition", *update.Partition)
		if update.MaxUnavailable != nil {
			w.in().field("MaxUnavailable", update.MaxUnavailable)
		}
	}
	if policy := set.Spec.PersistentVolumeClaimRetentionPolicy; policy != nil {
		w.section("Persistent Volume Claim Retention Policy").
			fields("WhenDeleted", policy.WhenDeleted, "WhenScaled", policy.WhenScaled)
	}
	w.field("Pods Status", counts)
	w.podTemplate(&set.Spec.Template)
	w.claimTemplates(set.Spec.VolumeClaimTemplates)
	w.events(ctx, r, aboutObject("StatefulSet", set))
	return nil
}

func (w *writer) claimTemplates(templates []corev1.PersistentVolumeClaim) {
	if len(templates) == 0 {
		w.field("Volume Claims", "<none>")
		return
	}
	w = w.section("Volume Claims")
	for _, claim := range templates {
		w.field("Name", claim.Name)
		w.field("StorageClass", claimClass(&claim))
		w.pairs("Labels", claim.Labels)
		w.pairs("Annotations", claim.Annotations)
		capacity := "<default>"
		if storage, asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]; asked {
			capacity = storage.String()
		}
		w.field("Capacity", capacity)
		w.field("Access Modes", claim.Spec.AccessModes)
	}
}
