package why

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/selectors"
)

// defaultClass is the annotation of the class of claims that name none.
const defaultClass = "storageclass.kubernetes.io/is-default-class"

// claim explains a claim for a volume.
func (x *explainer) claim(ctx context.Context, a *answer, claim *corev1.PersistentVolumeClaim) {
	if a.health.State == health.Ready {
		return
	}
	events := x.events(ctx, a, claim, "PersistentVolumeClaim")
	a.add(x.claimCauses(ctx, a, claim, events)...)
	a.addEvents(events)
	a.suggest("describe pvc %s", claim.Name)
}

// claimCauses is why a claim is not bound.
func (x *explainer) claimCauses(ctx context.Context, a *answer, claim *corev1.PersistentVolumeClaim, events []*corev1.Event) []cause {
	if claim.Status.Phase == corev1.ClaimLost {
		return details(fmt.Sprintf("its volume %s no longer exists, and the data with it; delete the claim to make a new one", claim.Spec.VolumeName))
	}
	var causes []cause
	for _, event := range events {
		if event.Reason == "ProvisioningFailed" {
			causes = details("no volume could be made for it: " + event.Message)
		}
	}
	if name := claim.Spec.VolumeName; name != "" {
		return append(causes, x.chosenVolume(ctx, claim, name)...)
	}
	class, trouble := x.classOf(ctx, claim)
	causes = append(causes, trouble...)
	switch {
	case class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer &&
		claim.Annotations["volume.kubernetes.io/selected-node"] == "":
		return append(causes, x.firstConsumer(ctx, a, claim, class)...)
	case class != nil && class.Provisioner != "kubernetes.io/no-provisioner":
		return append(causes, causef("it waits for the provisioner %s of its storage class %s to make a volume", class.Provisioner, class.Name))
	}
	return append(causes, x.unfit(ctx, a, claim)...)
}

// chosenVolume explains a claim that names its volume.
func (x *explainer) chosenVolume(ctx context.Context, claim *corev1.PersistentVolumeClaim, name string) []cause {
	volume := &corev1.PersistentVolume{}
	err := x.reader.Get(ctx, core("persistentvolumes"), "", name, volume)
	switch holder := volume.Spec.ClaimRef; {
	case apierrors.IsNotFound(err):
		return details(fmt.Sprintf("it wants the volume %s, which does not exist", name))
	case err != nil:
		return details(fmt.Sprintf("it wants the volume %s, which can not be read: %v", name, err))
	case holder != nil && (holder.Namespace != claim.Namespace || holder.Name != claim.Name):
		return details(fmt.Sprintf("it wants the volume %s, which belongs to the claim %s/%s", name, holder.Namespace, holder.Name))
	default:
		return []cause{causef("it wants the volume %s", name).with(details(misfits(claim, volume)...)...)}
	}
}

// classOf is the storage class of a claim, nil with the reason if it has none.
func (x *explainer) classOf(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*storagev1.StorageClass, []cause) {
	name := claim.Spec.StorageClassName
	if name == nil {
		classes := &storagev1.StorageClassList{}
		if err := x.reader.List(ctx, storage("storageclasses"), "", metav1.ListOptions{}, classes); err != nil {
			return nil, details(fmt.Sprintf("it names no storage class, and the classes can not be read: %v", err))
		}
		if slices.ContainsFunc(classes.Items, func(c storagev1.StorageClass) bool { return c.Annotations[defaultClass] == "true" }) {
			return nil, nil
		}
		return nil, details("it names no storage class, and the cluster has no default one")
	}
	if *name == "" {
		return nil, nil
	}
	class := &storagev1.StorageClass{}
	err := x.reader.Get(ctx, storage("storageclasses"), "", *name, class)
	switch {
	case apierrors.IsNotFound(err):
		return nil, details(fmt.Sprintf("its storage class %s does not exist", *name))
	case err != nil:
		return nil, details(fmt.Sprintf("its storage class %s can not be read: %v", *name, err))
	}
	return class, nil
}

// firstConsumer explains a claim that is bound only when a pod uses it.
func (x *explainer) firstConsumer(ctx context.Context, a *answer, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) []cause {
	var users []string
	for _, pod := range x.pods(ctx, a, claim.Namespace, labels.Everything()) {
		for _, volume := range pod.Spec.Volumes {
			if volume.PersistentVolumeClaim != nil && volume.PersistentVolumeClaim.ClaimName == claim.Name {
				users = append(users, pod.Name)
			}
		}
	}
	if len(users) == 0 {
		return details(fmt.Sprintf("it is not bound before a pod uses it (storage class %s waits for the first consumer), and no pod does", class.Name))
	}
	a.suggest("why pod/%s", users[0])
	return details(fmt.Sprintf("it is not bound before a pod that uses it has a node (storage class %s waits for the first consumer): %s", class.Name, strings.Join(users, ", ")))
}

// unfit says of each free volume why the claim can not have it.
func (x *explainer) unfit(ctx context.Context, a *answer, claim *corev1.PersistentVolumeClaim) []cause {
	volumes := &corev1.PersistentVolumeList{}
	if !x.list(ctx, a, core("persistentvolumes"), "", metav1.ListOptions{}, volumes) {
		return nil
	}
	var free []cause
	for i := range volumes.Items {
		volume := &volumes.Items[i]
		if volume.Status.Phase != corev1.VolumeAvailable {
			continue
		}
		if reasons := misfits(claim, volume); len(reasons) > 0 {
			free = append(free, causef("volume %s: %s", volume.Name, strings.Join(reasons, "; ")))
		}
	}
	if len(free) == 0 {
		return details(fmt.Sprintf("no volume is free (of %d)", len(volumes.Items)))
	}
	return []cause{causef("it fits none of the volumes that are free (%d)", len(free)).with(free[:min(len(free), maxCandidates)]...)}
}

// maxCandidates is how many volumes are discussed.
const maxCandidates = 5

// misfits are the reasons for which a claim can not have a volume.
func misfits(claim *corev1.PersistentVolumeClaim, volume *corev1.PersistentVolume) []string {
	var reasons []string
	wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if has := volume.Spec.Capacity[corev1.ResourceStorage]; has.Cmp(wanted) < 0 {
		reasons = append(reasons, fmt.Sprintf("has %s, want %s", has.String(), wanted.String()))
	}
	if class := className(claim); class != volume.Spec.StorageClassName {
		reasons = append(reasons, fmt.Sprintf("storage class is %q, want %q", volume.Spec.StorageClassName, class))
	}
	for _, mode := range claim.Spec.AccessModes {
		if !slices.Contains(volume.Spec.AccessModes, mode) {
			reasons = append(reasons, fmt.Sprintf("has no access mode %s", mode))
		}
	}
	if mode := modeOf(claim.Spec.VolumeMode); mode != modeOf(volume.Spec.VolumeMode) {
		reasons = append(reasons, fmt.Sprintf("volume mode is %s, want %s", modeOf(volume.Spec.VolumeMode), mode))
	}
	if selector, err := metav1.LabelSelectorAsSelector(claim.Spec.Selector); err == nil && claim.Spec.Selector != nil {
		reasons = append(reasons, selectors.New(selector, nil).Explain(volume.Labels)...)
	}
	return reasons
}

func className(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil {
		return ""
	}
	return *claim.Spec.StorageClassName
}

func modeOf(mode *corev1.PersistentVolumeMode) corev1.PersistentVolumeMode {
	if mode == nil {
		return corev1.PersistentVolumeFilesystem
	}
	return *mode
}
