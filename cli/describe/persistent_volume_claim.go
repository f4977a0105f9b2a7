package describe

import (
	"context"
	"slices"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

func describePersistentVolumeClaim(ctx context.Context, w *writer, claim *corev1.PersistentVolumeClaim, r *related) error {
	all, err := r.pods(ctx, claim.Namespace, nil, nil)
	if err != nil {
		return err
	}
	w.field("Name", claim.Name)
	w.field("Namespace", claim.Namespace)
	w.field("StorageClass", claimClass(claim))
	if claim.DeletionTimestamp != nil {
		w.fieldf("Status", "Terminating (lasts %s)", w.since(claim.DeletionTimestamp.Time))
	} else {
		w.field("Status", claim.Status.Phase)
	}
	w.field("Volume", claim.Spec.VolumeName)
	w.pairs("Labels", claim.Labels)
	w.annotations("Annotations", claim.Annotations)
	w.field("Finalizers", claim.Finalizers)
	w.claimCapacity(claim)
	w.list("Used By", claimUsers(claim, all))
	if conditions := claim.Status.Conditions; len(conditions) > 0 {
		table := w.section("Conditions")
		table.row("Type", "Status", "LastProbeTime", "LastTransitionTime", "Reason", "Message")
		table.row("----", "------", "-----------------", "------------------", "------", "-------")
		for _, c := range conditions {
			table.line("%s \t%s \t%s \t%s \t%s \t%s", c.Type, c.Status,
				date(c.LastProbeTime.Time), date(c.LastTransitionTime.Time), c.Reason, c.Message)
		}
	}
	w.events(ctx, r, aboutObject("PersistentVolumeClaim", claim))
	return nil
}

// claimClass is a claim's storage class; its old annotation goes first.
func claimClass(claim *corev1.PersistentVolumeClaim) string {
	if class, found := claim.Annotations[corev1.BetaStorageClassAnnotation]; found {
		return class
	}
	return deref(claim.Spec.StorageClassName)
}

// claimCapacity writes what a claim has got, and asks to be filled with.
func (w *writer) claimCapacity(claim *corev1.PersistentVolumeClaim) {
	capacity, modes := "", ""
	if claim.Spec.VolumeName != "" {
		storage := claim.Status.Capacity[corev1.ResourceStorage]
		capacity, modes = storage.String(), accessModes(claim.Status.AccessModes)
	}
	w.field("Capacity", capacity)
	w.field("Access Modes", modes)
	if claim.Spec.VolumeMode != nil {
		w.field("VolumeMode", *claim.Spec.VolumeMode)
	}
	if source := claim.Spec.DataSource; source != nil {
		section := w.section("DataSource")
		if source.APIGroup != nil {
			section.field("APIGroup", *source.APIGroup)
		}
		section.field("Kind", source.Kind)
		section.field("Name", source.Name)
	}
}

// claimUsers names the pods that mount a claim, once for each volume, and
// those that own it.
func claimUsers(claim *corev1.PersistentVolumeClaim, pods []*corev1.Pod) []string {
	var names []string
	users := map[types.UID]bool{}
	add := func(pod *corev1.Pod) {
		names = append(names, pod.Name)
		users[pod.UID] = true
	}
	for _, pod := range pods {
		for _, volume := range pod.Spec.Volumes {
			if source := volume.PersistentVolumeClaim; source != nil && source.ClaimName == claim.Name {
				add(pod)
			}
		}
	}
	for _, owner := range claim.OwnerReferences {
		i := slices.IndexFunc(pods, func(pod *corev1.Pod) bool { return pod.UID == owner.UID })
		if owner.Kind == "Pod" && i >= 0 && !users[owner.UID] {
			add(pods[i])
		}
	}
	sort.Strings(names)
	return names
}
