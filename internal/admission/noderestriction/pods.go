package noderestriction

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

func (p Plugin) admitPod(node string, a *admission.Attributes) error {
	switch a.Subresource {
	case "":
		return p.admitPodItself(node, a)
	case "status":
		return admitPodStatus(node, a)
	case "eviction":
		pod, ok := client.Get[*corev1.Pod](p.Client, a.Namespace, a.Name)
		switch {
		case !ok:
			return apierrors.NewNotFound(corev1.Resource("pod"), a.Name)
		case pod.Spec.NodeName != node:
			return forbidden(a, "node %s can only evict pods with spec.nodeName set to itself", node)
		}
		return nil
	}
	return forbidden(a, "unexpected pod subresource %q, only 'status' and 'eviction' are allowed", a.Subresource)
}

func (p Plugin) admitPodItself(node string, a *admission.Attributes) error {
	switch a.Operation {
	case admission.Create:
		return p.admitMirrorPod(node, a, a.Object.(*corev1.Pod))
	case admission.Delete:
		if a.Old.(*corev1.Pod).Spec.NodeName != node {
			return forbidden(a, "node %q can only delete pods with spec.nodeName set to itself", node)
		}
		return nil
	}
	return forbidden(a, "unexpected operation %q, node %q can only create and delete mirror pods", a.Operation, node)
}

// admitMirrorPod lets a kubelet show what it runs by itself, which must be
// nobody else's and need nothing of the cluster.
func (p Plugin) admitMirrorPod(node string, a *admission.Attributes, pod *corev1.Pod) error {
	if _, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]; !mirror {
		return forbidden(a, "pod does not have %q annotation, node %q can only create mirror pods", corev1.MirrorPodAnnotationKey, node)
	}
	if pod.Spec.NodeName != node {
		return forbidden(a, "node %q can only create pods with spec.nodeName set to itself", node)
	}
	if err := p.admitOwner(node, a, pod); err != nil {
		return err
	}
	if kind := used(pod); kind != "" {
		return forbidden(a, "node %q can not create pods that reference %s", node, kind)
	}
	return nil
}

// used is what of the API a pod needs, "" for nothing.
func used(pod *corev1.Pod) string {
	uses := podspec.ReferencesOf(pod)
	switch {
	case pod.Spec.ServiceAccountName != "":
		return "serviceaccounts"
	case uses.Secrets.Len() > 0:
		return "secrets"
	case uses.ConfigMaps.Len() > 0:
		return "configmaps"
	case len(pod.Spec.ResourceClaims) > 0:
		return "resourceclaims"
	}
	for i := range pod.Spec.Volumes {
		if kind := usedByVolume(&pod.Spec.Volumes[i]); kind != "" {
			return kind
		}
	}
	return ""
}

// usedByVolume is what but secrets and config maps a volume needs.
func usedByVolume(v *corev1.Volume) string {
	switch {
	case v.CSI != nil:
		return "csidrivers (via CSI volumes)"
	case v.Glusterfs != nil:
		return "endpoints (via glusterFS volumes)"
	case v.PersistentVolumeClaim != nil:
		return "persistentvolumeclaims"
	case v.Ephemeral != nil:
		return "persistentvolumeclaims (via ephemeral volumes)"
	case v.Projected == nil:
		return ""
	}
	for _, source := range v.Projected.Sources {
		switch {
		case source.ServiceAccountToken != nil:
			return "serviceaccounts (via projected volumes)"
		case source.ClusterTrustBundle != nil:
			return "clustertrustbundles"
		case source.PodCertificate != nil:
			return "podcertificates"
		}
	}
	return ""
}

func (p Plugin) admitOwner(node string, a *admission.Attributes, pod *corev1.Pod) error {
	switch len(pod.OwnerReferences) {
	case 0:
		return forbidden(a, "node %q can only create pods with an owner reference set to itself", node)
	case 1:
	default:
		return forbidden(a, "node %q can only create pods with a single owner reference set to itself", node)
	}
	switch owner := pod.OwnerReferences[0]; {
	case owner.APIVersion != "v1" || owner.Kind != "Node" || owner.Name != node:
		return forbidden(a, "node %q can only create pods with an owner reference set to itself", node)
	case !ptr.Deref(owner.Controller, false):
		return forbidden(a, "node %q can only create pods with a controller owner reference set to itself", node)
	case ptr.Deref(owner.BlockOwnerDeletion, false):
		return forbidden(a, "node %q must not set blockOwnerDeletion on an owner reference", node)
	}
	own, ok := client.Get[*corev1.Node](p.Client, "", node)
	if !ok {
		return apierrors.NewNotFound(corev1.Resource("node"), node)
	}
	if uid := pod.OwnerReferences[0].UID; uid != own.UID {
		return forbidden(a, "node %s UID mismatch: expected %s got %s", node, uid, own.UID)
	}
	return nil
}

func admitPodStatus(node string, a *admission.Attributes) error {
	if a.Operation != admission.Update {
		return forbidden(a, "unexpected operation %q", a.Operation)
	}
	if a.Old.(*corev1.Pod).Spec.NodeName != node {
		return forbidden(a, "node %q can only update pod status for pods with spec.nodeName set to itself", node)
	}
	if !maps.Equal(a.Old.GetLabels(), a.Object.GetLabels()) {
		return forbidden(a, "node %q cannot update labels through pod status", node)
	}
	return nil
}
