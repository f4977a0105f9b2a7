package node

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

// isRelated reports whether an object has to do with the node: it is one of its
// pods, or used by one.
func (q question) isRelated() bool {
	switch q.Resource {
	case "persistentvolumes":
		volume, ok := client.Get[*corev1.PersistentVolume](q.cluster, "", q.Name)
		return ok && volume.Spec.ClaimRef != nil && q.isClaimUsed(volume.Spec.ClaimRef.Namespace, volume.Spec.ClaimRef.Name)
	case "volumeattachments":
		attachment, ok := client.Get[*storagev1.VolumeAttachment](q.cluster, "", q.Name)
		return ok && attachment.Spec.NodeName == q.node
	case "persistentvolumeclaims":
		return q.isClaimUsed(q.Namespace, q.Name)
	}
	return q.anyPod(q.Namespace, q.uses)
}

func (q question) isClaimUsed(namespace, name string) bool {
	return q.anyPod(namespace, func(pod *corev1.Pod) bool { return podspec.ReferencesOf(pod).Claims.Has(name) })
}

// anyPod looks for a pod of the node. Those that a kubelet has made itself do
// not count: it could give itself what it likes.
func (q question) anyPod(namespace string, holds func(*corev1.Pod) bool) bool {
	return slices.ContainsFunc(client.PodsOnNode(q.cluster, q.node), func(pod *corev1.Pod) bool {
		_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
		return pod.Namespace == namespace && !mirror && holds(pod)
	})
}

// uses reports whether a pod is, or uses, what is asked for.
func (q question) uses(pod *corev1.Pod) bool {
	switch q.Resource {
	case "pods":
		return pod.Name == q.Name
	case "secrets":
		return podspec.ReferencesOf(pod).Secrets.Has(q.Name)
	case "configmaps":
		return podspec.ReferencesOf(pod).ConfigMaps.Has(q.Name)
	case "serviceaccounts":
		return pod.Spec.ServiceAccountName == q.Name
	}
	return false
}
