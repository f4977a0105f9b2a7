package scheduler

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
	"github.com/kubejig/kubejig/internal/store"
)

// podVolumes are the claims of a pod, by what has to be done about them.
type podVolumes struct {
	// bound are the volumes of claims that have one.
	bound []*corev1.PersistentVolume
	// delayed are claims that get their volume where the pod goes.
	delayed []*corev1.PersistentVolumeClaim
	// taken: another pod has a claim that only one pod may use.
	taken bool
	// free are the volumes that no claim has, per storage class.
	free []*corev1.PersistentVolume
}

// prepareVolumes looks up the pod's claims. It returns what keeps the pod from
// going anywhere, if anything does.
func (c *cycle) prepareVolumes() (problem string, final bool) {
	c.volumes = podVolumes{}
	api := c.pod.api
	for i := range api.Spec.Volumes {
		name, made := claimName(api, &api.Spec.Volumes[i])
		if name == "" {
			continue
		}
		if problem := c.prepareClaim(name, made); problem != "" {
			return problem, true
		}
	}
	if len(c.volumes.delayed) > 0 {
		c.volumes.free = c.freeVolumes()
	}
	for _, claim := range c.scheduler.exclusiveClaims(c.pod) {
		for _, n := range c.scheduler.nodes.list {
			c.volumes.taken = c.volumes.taken || slices.Contains(n.claims, claim)
		}
	}
	return "", false
}

// claimName is the claim behind a volume, "" for none; made is set when the
// claim is made for the pod.
func claimName(api *corev1.Pod, v *corev1.Volume) (name string, made bool) {
	return podspec.ClaimOf(api, v), v.Ephemeral != nil
}

func (c *cycle) prepareClaim(name string, made bool) (problem string) {
	s := c.scheduler
	pvc, ok := client.Get[*corev1.PersistentVolumeClaim](s.client, c.pod.api.Namespace, name)
	switch {
	case !ok && made:
		return fmt.Sprintf("waiting for ephemeral volume controller to create the persistentvolumeclaim %q", name)
	case !ok:
		return fmt.Sprintf("persistentvolumeclaim %q not found", name)
	case pvc.DeletionTimestamp != nil:
		return fmt.Sprintf("persistentvolumeclaim %q is being deleted", name)
	case pvc.Status.Phase == corev1.ClaimLost:
		return fmt.Sprintf("persistentvolumeclaim %q bound to non-existent persistentvolume %q", name, pvc.Spec.VolumeName)
	case made && !ownedBy(pvc, c.pod.api):
		return fmt.Sprintf("PVC %s/%s was not created for pod %s/%s (pod is not owner)", pvc.Namespace, name, pvc.Namespace, c.pod.api.Name)
	}
	if pvc.Spec.VolumeName != "" && pvc.Annotations[volume.AnnBindCompleted] != "" {
		pv, ok := client.Get[*corev1.PersistentVolume](s.client, "", pvc.Spec.VolumeName)
		if !ok {
			return fmt.Sprintf("persistentvolume %q not found", pvc.Spec.VolumeName)
		}
		c.volumes.bound = append(c.volumes.bound, pv)
		return ""
	}
	if !s.waitsForConsumer(pvc) || pvc.Spec.VolumeName != "" {
		return "pod has unbound immediate PersistentVolumeClaims"
	}
	if selected := pvc.Annotations[volume.AnnSelectedNode]; selected != "" && s.nodes.get(selected) != nil {
		c.named = map[string]bool{selected: true}
	}
	c.volumes.delayed = append(c.volumes.delayed, pvc)
	return ""
}

func ownedBy(pvc *corev1.PersistentVolumeClaim, api *corev1.Pod) bool {
	return slices.ContainsFunc(pvc.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == api.UID })
}

// class is the storage class of a claim, nil for none.
func (s *Scheduler) class(pvc *corev1.PersistentVolumeClaim) *storagev1.StorageClass {
	class, ok := client.Get[*storagev1.StorageClass](s.client, "", volume.GetPersistentVolumeClaimClass(pvc))
	if !ok {
		return nil
	}
	return class
}

func (s *Scheduler) waitsForConsumer(pvc *corev1.PersistentVolumeClaim) bool {
	class := s.class(pvc)
	return class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

func (c *cycle) freeVolumes() []*corev1.PersistentVolume {
	var free []*corev1.PersistentVolume
	c.scheduler.registry.Store.Scan(pvResource, "", func(item *store.Item) bool {
		if pv := item.Object.(*corev1.PersistentVolume); pv.Spec.ClaimRef == nil || pv.Status.Phase == corev1.VolumeAvailable {
			free = append(free, pv)
		}
		return true
	})
	return free
}

// filterVolumes is VolumeBinding: the pod's volumes can be had on the node.
func filterVolumes(c *cycle, _ *pod, n *node) *verdict {
	for _, pv := range c.volumes.bound {
		if !reachable(pv, n) {
			return hopeless(volumeBinding, "node(s) didn't match PersistentVolume's node affinity")
		}
	}
	if len(c.volumes.delayed) > 0 {
		if _, ok := c.placeClaims(n); !ok {
			return hopeless(volumeBinding, "node(s) didn't find available persistent volumes to bind")
		}
	}
	return nil
}

// reachable reports whether a volume's node affinity admits a node.
func reachable(pv *corev1.PersistentVolume, n *node) bool {
	if pv.Spec.NodeAffinity == nil || pv.Spec.NodeAffinity.Required == nil {
		return true
	}
	ok, err := schedulinghelper.MatchNodeSelectorTerms(n.api, pv.Spec.NodeAffinity.Required)
	return ok && err == nil
}

// placeClaims finds a volume for each delayed claim on a node: one that is
// there, or nil where a provisioner will make one.
func (c *cycle) placeClaims(n *node) (found map[string]*corev1.PersistentVolume, ok bool) {
	found = map[string]*corev1.PersistentVolume{}
	used := map[string]*corev1.PersistentVolume{}
	for _, pvc := range c.volumes.delayed {
		pv, err := volume.FindMatchingVolume(pvc, c.volumes.free, n.api, used, true, true)
		if err != nil {
			return nil, false
		}
		if pv == nil && !provisions(c.scheduler.class(pvc), n) {
			return nil, false
		}
		if pv != nil {
			used[pv.Name] = pv
		}
		found[pvc.Name] = pv
	}
	return found, true
}

// provisions reports whether a class makes volumes that the node can reach.
func provisions(class *storagev1.StorageClass, n *node) bool {
	const noProvisioner = "kubernetes.io/no-provisioner"
	if class == nil || class.Provisioner == "" || class.Provisioner == noProvisioner {
		return false
	}
	if len(class.AllowedTopologies) == 0 {
		return true
	}
	for _, term := range class.AllowedTopologies {
		fits := true
		for _, e := range term.MatchLabelExpressions {
			value, ok := n.label(e.Key)
			fits = fits && ok && slices.Contains(e.Values, value)
		}
		if fits {
			return true
		}
	}
	return false
}

// bindVolumes has the delayed claims bound where the pod goes. It reports
// whether all are bound; the pod is bound only after they are.
func (s *Scheduler) bindVolumes(c *cycle, n *node) bool {
	if len(c.volumes.delayed) == 0 {
		return true
	}
	s.nominate(c.pod.api, n.name)
	places, _ := c.placeClaims(n)
	for _, pvc := range c.volumes.delayed {
		if pv := places[pvc.Name]; pv != nil {
			s.reserveVolume(pv, pvc)
			continue
		}
		if pvc.Annotations[volume.AnnSelectedNode] != n.name {
			claim := pvc.DeepCopy()
			if claim.Annotations == nil {
				claim.Annotations = map[string]string{}
			}
			claim.Annotations[volume.AnnSelectedNode] = n.name
			_, _ = client.Update(s.client, claim) // The next attempt tries again.
		}
	}
	return false
}

// reserveVolume binds a volume to a claim; the volume controller does the rest.
func (s *Scheduler) reserveVolume(pv *corev1.PersistentVolume, pvc *corev1.PersistentVolumeClaim) {
	if pv.Spec.ClaimRef != nil && pv.Spec.ClaimRef.UID == pvc.UID {
		return
	}
	bound := pv.DeepCopy()
	bound.Spec.ClaimRef = &corev1.ObjectReference{
		Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: pvc.Namespace, Name: pvc.Name,
		UID: pvc.UID, ResourceVersion: pvc.ResourceVersion,
	}
	if bound.Annotations == nil {
		bound.Annotations = map[string]string{}
	}
	bound.Annotations[volume.AnnBoundByController] = "yes"
	_, _ = client.Update(s.client, bound) // The next attempt tries again.
}

// filterVolumeZone is VolumeZone: volumes with zone labels are for nodes of
// those zones.
func filterVolumeZone(c *cycle, _ *pod, n *node) *verdict {
	for _, pv := range c.volumes.bound {
		for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
			zones, labelled := pv.Labels[key]
			value, has := n.label(key)
			if labelled && has && !slices.Contains(strings.Split(zones, "__"), value) {
				return hopeless(volumeZone, "node(s) had no available volume zone")
			}
		}
	}
	return nil
}

// exclusiveClaims are the claims of a pod that only one pod may use at a time:
// "namespace/name".
func (s *Scheduler) exclusiveClaims(p *pod) []string {
	var out []string
	for i := range p.api.Spec.Volumes {
		name, _ := claimName(p.api, &p.api.Spec.Volumes[i])
		if name == "" {
			continue
		}
		item := s.registry.Store.Get(pvcResource, p.api.Namespace, name)
		if item != nil && slices.Contains(item.Object.(*corev1.PersistentVolumeClaim).Spec.AccessModes, corev1.ReadWriteOncePod) {
			out = append(out, p.api.Namespace+"/"+name)
		}
	}
	return out
}

// filterVolumeRestrictions is VolumeRestrictions.
func filterVolumeRestrictions(c *cycle, _ *pod, _ *node) *verdict {
	if !c.volumes.taken {
		return nil
	}
	return unfit(volumeRestrictions, "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod")
}
