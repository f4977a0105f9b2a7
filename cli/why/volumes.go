package why

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-helpers/storage/ephemeral"
)

// claimsOf explains those of a pod's claims that are not bound.
func (x *explainer) claimsOf(ctx context.Context, a *answer, pod *corev1.Pod) []cause {
	var causes []cause
	for _, volume := range pod.Spec.Volumes {
		name := ""
		switch {
		case volume.PersistentVolumeClaim != nil:
			name = volume.PersistentVolumeClaim.ClaimName
		case volume.Ephemeral != nil:
			name = ephemeral.VolumeClaimName(pod, &volume)
		default:
			continue
		}
		claim := &corev1.PersistentVolumeClaim{}
		err := x.reader.Get(ctx, core("persistentvolumeclaims"), pod.Namespace, name, claim)
		switch {
		case apierrors.IsNotFound(err):
			causes = append(causes, causef("its volume %s is the claim %s, which does not exist", volume.Name, name))
		case err != nil:
			causes = append(causes, causef("its volume %s is the claim %s, which can not be read: %v", volume.Name, name, err))
		case claim.Status.Phase != corev1.ClaimBound:
			events := x.events(ctx, a, claim, "PersistentVolumeClaim")
			a.addEvents(events)
			a.suggest("why pvc/%s", name)
			causes = append(causes, causef("its volume %s is the claim %s, which is not bound", volume.Name, name).
				with(x.claimCauses(ctx, a, claim, events)...))
		}
	}
	return causes
}

// missingSources names the ConfigMaps and Secrets that a pod's volumes need
// and that do not exist. Those that may not be read are passed over.
func (x *explainer) missingSources(ctx context.Context, pod *corev1.Pod) []cause {
	var causes []cause
	need := func(volume, noun, resource, name string, optional *bool) {
		if optional != nil && *optional || name == "" {
			return
		}
		err := x.reader.Get(ctx, core(resource), pod.Namespace, name, &metav1.PartialObjectMetadata{})
		if apierrors.IsNotFound(err) {
			causes = append(causes, causef("its volume %s is made of the %s %s, which does not exist", volume, noun, name))
		}
	}
	mounted := mounts(pod)
	for _, v := range pod.Spec.Volumes {
		switch {
		case !mounted[v.Name]: // A kubelet prepares only what a container mounts.
		case v.ConfigMap != nil:
			need(v.Name, "ConfigMap", "configmaps", v.ConfigMap.Name, v.ConfigMap.Optional)
		case v.Secret != nil:
			need(v.Name, "Secret", "secrets", v.Secret.SecretName, v.Secret.Optional)
		case v.Projected != nil:
			for _, source := range v.Projected.Sources {
				if source.ConfigMap != nil {
					need(v.Name, "ConfigMap", "configmaps", source.ConfigMap.Name, source.ConfigMap.Optional)
				}
				if source.Secret != nil {
					need(v.Name, "Secret", "secrets", source.Secret.Name, source.Secret.Optional)
				}
			}
		}
	}
	return causes
}

// mounts are the names of the volumes that a container of the pod mounts.
func mounts(pod *corev1.Pod) map[string]bool {
	mounted := map[string]bool{}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, mount := range container.VolumeMounts {
			mounted[mount.Name] = true
		}
	}
	return mounted
}

func storage(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: resource}
}
