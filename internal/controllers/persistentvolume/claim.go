package persistentvolume

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubejig/kubejig/internal/client"
)

// syncUnbound finds or makes a volume for a claim.
func (c *controller) syncUnbound(claim *corev1.PersistentVolumeClaim) error {
	if claim.DeletionTimestamp != nil {
		return nil
	}
	if claim.Spec.VolumeName != "" {
		return c.syncNamed(claim)
	}
	delayed := c.waits(claim)
	match, err := volume.FindMatchingVolume(claim, c.candidates(claim), nil, nil, delayed, false)
	if err != nil {
		return err
	}
	if match != nil {
		return c.bind(match, claim)
	}
	class := volume.GetPersistentVolumeClaimClass(claim)
	switch {
	case delayed && claim.Annotations[volume.AnnSelectedNode] == "":
		c.explainDelay(claim)
	case class != "":
		if err := c.provision(claim, class); err != nil {
			return err
		}
	default:
		c.recorder.Event(claim, corev1.EventTypeNormal, "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
	}
	return c.setPhase(claim, corev1.ClaimPending, nil)
}

// candidates are the volumes that are free or kept for a claim.
func (c *controller) candidates(claim *corev1.PersistentVolumeClaim) []*corev1.PersistentVolume {
	var all []*corev1.PersistentVolume
	for _, v := range client.List[*corev1.PersistentVolume](c.client, "", nil) {
		if v.DeletionTimestamp == nil && (v.Spec.ClaimRef == nil || isFor(v, claim)) {
			all = append(all, v)
		}
	}
	return all
}

func (c *controller) class(name string) (*storagev1.StorageClass, error) {
	class, ok := client.Get[*storagev1.StorageClass](c.client, "", name)
	if !ok {
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: storagev1.GroupName, Resource: "storageclass"}, name)
	}
	return class, nil
}

// waits reports whether a claim gets its volume only where its pod goes.
func (c *controller) waits(claim *corev1.PersistentVolumeClaim) bool {
	class, err := c.class(volume.GetPersistentVolumeClaimClass(claim))
	return err == nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

func (c *controller) explainDelay(claim *corev1.PersistentVolumeClaim) {
	for _, pod := range client.List[*corev1.Pod](c.client, claim.Namespace, nil) {
		for _, v := range pod.Spec.Volumes {
			if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim.Name && pod.Spec.NodeName == "" {
				c.recorder.Eventf(claim, corev1.EventTypeNormal, "WaitForPodScheduled", "waiting for pod %s to be scheduled", pod.Name)
				return
			}
		}
	}
	c.recorder.Event(claim, corev1.EventTypeNormal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
}

// syncNamed binds a claim to the volume that it names.
func (c *controller) syncNamed(claim *corev1.PersistentVolumeClaim) error {
	v, ok := client.Get[*corev1.PersistentVolume](c.client, "", claim.Spec.VolumeName)
	if !ok {
		return c.setPhase(claim, corev1.ClaimPending, nil)
	}
	ref := v.Spec.ClaimRef
	if ref != nil && !isFor(v, claim) {
		c.recorder.Eventf(claim, corev1.EventTypeWarning, "FailedBinding", "volume %q already bound to a different claim.", v.Name)
		return c.setPhase(claim, corev1.ClaimPending, nil)
	}
	if ref == nil {
		if why := mismatch(v, claim); why != "" {
			c.recorder.Eventf(claim, corev1.EventTypeWarning, "VolumeMismatch", "Cannot bind to requested volume %q: %s", v.Name, why)
			return c.setPhase(claim, corev1.ClaimPending, nil)
		}
	}
	return c.bind(v, claim)
}

// isFor reports whether a volume is kept for a claim.
func isFor(v *corev1.PersistentVolume, claim *corev1.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	return ref != nil && ref.Namespace == claim.Namespace && ref.Name == claim.Name && (ref.UID == "" || ref.UID == claim.UID)
}

// mismatch says why a volume is not what a claim asks for, "" if it is.
func mismatch(v *corev1.PersistentVolume, claim *corev1.PersistentVolumeClaim) string {
	have, want := v.Spec.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	switch {
	case have.Cmp(want) < 0:
		return "requested PV is too small"
	case volume.GetPersistentVolumeClass(v) != volume.GetPersistentVolumeClaimClass(claim):
		return "storageClassName does not match"
	case volume.CheckVolumeModeMismatches(&claim.Spec, &v.Spec):
		return "incompatible volumeMode"
	case !volume.CheckAccessModes(claim, v):
		return "incompatible accessMode"
	}
	return ""
}

// syncBound checks that a bound claim still has its volume.
func (c *controller) syncBound(claim *corev1.PersistentVolumeClaim) error {
	if claim.Spec.VolumeName == "" {
		return c.lose(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
	}
	v, ok := client.Get[*corev1.PersistentVolume](c.client, "", claim.Spec.VolumeName)
	switch {
	case !ok:
		return c.lose(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
	case v.Spec.ClaimRef != nil && v.Spec.ClaimRef.UID != claim.UID:
		return c.lose(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
	}
	if err := c.bind(v, claim); err != nil {
		return err
	}
	return c.resize(claim)
}

func (c *controller) lose(claim *corev1.PersistentVolumeClaim, reason, message string) error {
	if claim.Status.Phase == corev1.ClaimLost {
		return nil
	}
	c.recorder.Event(claim, corev1.EventTypeWarning, reason, message)
	return c.setPhase(claim, corev1.ClaimLost, nil)
}

// setPhase reports how a claim stands, and with which volume.
func (c *controller) setPhase(claim *corev1.PersistentVolumeClaim, phase corev1.PersistentVolumeClaimPhase, v *corev1.PersistentVolume) error {
	now, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, claim.Namespace, claim.Name)
	if !ok || now.UID != claim.UID {
		return nil
	}
	next := now.DeepCopy()
	next.Status.Phase = phase
	switch {
	case v == nil:
		next.Status.AccessModes, next.Status.Capacity = nil, nil
	case now.Status.Phase != corev1.ClaimBound:
		next.Status.AccessModes, next.Status.Capacity = v.Spec.AccessModes, v.Spec.Capacity.DeepCopy()
	}
	_, err := client.UpdateStatus(c.client, next)
	if err != nil {
		return fmt.Errorf("update status of claim %s/%s: %w", claim.Namespace, claim.Name, err)
	}
	return nil
}
