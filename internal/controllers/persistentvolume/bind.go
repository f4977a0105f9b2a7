package persistentvolume

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/events"
)

const yes = "yes"

// bind ties a volume and a claim together. It completes what has been begun,
// and changes nothing that is as it should be.
func (c *controller) bind(v *corev1.PersistentVolume, claim *corev1.PersistentVolumeClaim) error {
	v, err := c.bindVolume(v, claim)
	if err != nil {
		return fmt.Errorf("bind volume %s: %w", v.Name, err)
	}
	if err := c.setVolumePhase(v, corev1.VolumeBound, ""); err != nil {
		return err
	}
	if err := c.bindClaim(claim, v); err != nil {
		return err
	}
	return c.setPhase(claim, corev1.ClaimBound, v)
}

func (c *controller) bindVolume(v *corev1.PersistentVolume, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolume, error) {
	next := v.DeepCopy()
	if next.Spec.ClaimRef == nil {
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBoundByController, yes)
	}
	if next.Spec.ClaimRef == nil || next.Spec.ClaimRef.UID == "" {
		ref := events.Reference(claim)
		next.Spec.ClaimRef = &ref
	}
	if equality.Semantic.DeepEqual(v, next) {
		return v, nil
	}
	updated, err := client.Update(c.client, next)
	if err != nil {
		return v, err
	}
	return updated, nil
}

func (c *controller) bindClaim(claim *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) error {
	next := claim.DeepCopy()
	if next.Spec.VolumeName == "" {
		next.Spec.VolumeName = v.Name
		metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBoundByController, yes)
	}
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBindCompleted, yes)
	if equality.Semantic.DeepEqual(claim, next) {
		return nil
	}
	_, err := client.Update(c.client, next)
	return err
}

// syncVolume brings a volume's phase in line with its claim, and reclaims it
// when that is gone.
func (c *controller) syncVolume(v *corev1.PersistentVolume) error {
	ref := v.Spec.ClaimRef
	if ref == nil || ref.UID == "" {
		return c.setVolumePhase(v, corev1.VolumeAvailable, "")
	}
	claim, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, ref.Namespace, ref.Name)
	switch {
	case !ok || claim.UID != ref.UID:
		return c.reclaim(v)
	case claim.Spec.VolumeName == v.Name:
		return c.setVolumePhase(v, corev1.VolumeBound, "")
	case claim.Spec.VolumeName == "":
		return nil // the claim's turn
	case v.Annotations[volume.AnnDynamicallyProvisioned] != "" && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
		return c.reclaim(v)
	}
	return c.unbind(v)
}

// unbind gives a volume free whose claim has got another one.
func (c *controller) unbind(v *corev1.PersistentVolume) error {
	next := v.DeepCopy()
	if next.Annotations[volume.AnnBoundByController] != "" {
		next.Spec.ClaimRef = nil
		delete(next.Annotations, volume.AnnBoundByController)
	} else {
		next.Spec.ClaimRef.UID, next.Spec.ClaimRef.ResourceVersion = "", ""
	}
	updated, err := client.Update(c.client, next)
	if err != nil {
		return err
	}
	return c.setVolumePhase(updated, corev1.VolumeAvailable, "")
}

// reclaim does what a volume's policy says once its claim is gone.
func (c *controller) reclaim(v *corev1.PersistentVolume) error {
	if v.Status.Phase != corev1.VolumeReleased && v.Status.Phase != corev1.VolumeFailed {
		if err := c.setVolumePhase(v, corev1.VolumeReleased, ""); err != nil {
			return err
		}
		return nil // the next event goes on from here
	}
	switch v.Spec.PersistentVolumeReclaimPolicy {
	case corev1.PersistentVolumeReclaimDelete:
		return c.destroy(v)
	case corev1.PersistentVolumeReclaimRecycle:
		return c.failVolume(v, "VolumeFailedRecycle", "No recycler plugin found for the volume!")
	}
	return nil
}

// failVolume notes that a volume needs its administrator.
func (c *controller) failVolume(v *corev1.PersistentVolume, reason, message string) error {
	if v.Status.Phase == corev1.VolumeFailed {
		return nil
	}
	c.recorder.Event(v, corev1.EventTypeWarning, reason, message)
	return c.setVolumePhase(v, corev1.VolumeFailed, message)
}

func (c *controller) setVolumePhase(v *corev1.PersistentVolume, phase corev1.PersistentVolumePhase, message string) error {
	if v.Status.Phase == phase && v.Status.Message == message {
		return nil
	}
	next := v.DeepCopy()
	next.Status.Phase, next.Status.Message = phase, message
	_, err := client.UpdateStatus(c.client, next)
	return err
}
