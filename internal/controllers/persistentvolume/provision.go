package persistentvolume

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/events"
)

// Provisioner is the name of the simulated provisioner in storage classes.
const Provisioner = "kubejig.io/simulated"

const noProvisioner = "kubernetes.io/no-provisioner"

// provision has a volume made for a claim: at once, where the class is of the
// simulated provisioner, else by whoever it names.
func (c *controller) provision(claim *corev1.PersistentVolumeClaim, name string) error {
	class, err := c.class(name)
	switch {
	case err != nil:
		c.recorder.Event(claim, corev1.EventTypeWarning, "ProvisioningFailed", err.Error())
		return nil
	case class.Provisioner == noProvisioner:
		c.recorder.Eventf(claim, corev1.EventTypeWarning, "ProvisioningFailed", "no volume plugin matched name: %s", noProvisioner)
		return nil
	}
	claim, err = c.assign(claim, class.Provisioner)
	if err != nil {
		return err
	}
	c.recorder.Eventf(claim, corev1.EventTypeNormal, "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner '%s' or manually by the system administrator. "+
		"If volume creation is delayed, please verify that the provisioner is running and correctly registered.", class.Provisioner)
	if class.Provisioner != Provisioner {
		return nil
	}
	c.provisioner.Eventf(claim, corev1.EventTypeNormal, "Provisioning", "External provisioner is provisioning volume for claim %q", claim.Namespace+"/"+claim.Name)
	v, err := client.Create(c.client, newVolume(claim, class))
	if err != nil && !apierrors.IsAlreadyExists(err) {
		c.provisioner.Eventf(claim, corev1.EventTypeWarning, "ProvisioningFailed", "failed to provision volume with StorageClass %q: %v", class.Name, err)
		return err
	}
	if err == nil {
		c.provisioner.Eventf(claim, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume %s", v.Name)
	}
	return nil
}

// assign notes on a claim who is to make its volume.
func (c *controller) assign(claim *corev1.PersistentVolumeClaim, provisioner string) (*corev1.PersistentVolumeClaim, error) {
	next := claim.DeepCopy()
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnBetaStorageProvisioner, provisioner)
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, volume.AnnStorageProvisioner, provisioner)
	if equality.Semantic.DeepEqual(claim, next) {
		return claim, nil
	}
	return client.Update(c.client, next)
}

// newVolume is a simulated volume for a claim. Where the claim waited for its
// pod's node, the volume can be reached from there only.
func newVolume(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) *corev1.PersistentVolume {
	name := "pvc-" + string(claim.UID)
	ref := events.Reference(claim)
	v := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{volume.AnnDynamicallyProvisioned: Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: ptr.Deref(class.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete),
			StorageClassName:              class.Name,
			MountOptions:                  class.MountOptions,
			VolumeMode:                    claim.Spec.VolumeMode,
			ClaimRef:                      &ref,
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{
				Path: fmt.Sprintf("/var/lib/kubejig/volumes/%s", name),
				Type: ptr.To(corev1.HostPathDirectoryOrCreate),
			}},
		},
	}
	if node := claim.Annotations[volume.AnnSelectedNode]; node != "" {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}},
		}}}}
	}
	return v
}

// destroy deletes a volume that the simulated provisioner made.
func (c *controller) destroy(v *corev1.PersistentVolume) error {
	switch provisioner := v.Annotations[volume.AnnDynamicallyProvisioned]; {
	case v.DeletionTimestamp != nil:
		return nil
	case provisioner == "":
		return c.failVolume(v, "VolumeFailedDelete", fmt.Sprintf("error getting deleter volume plugin for volume %q: no deletable volume plugin matched", v.Name))
	case provisioner != Provisioner:
		return nil // its provisioner's work
	}
	err := c.client.Delete(v, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// resize grows the volume of a claim that asks for more, where its class lets
// it.
func (c *controller) resize(claim *corev1.PersistentVolumeClaim) error {
	now, ok := client.Get[*corev1.PersistentVolumeClaim](c.client, claim.Namespace, claim.Name)
	if !ok || now.Status.Phase != corev1.ClaimBound {
		return nil
	}
	v, ok := client.Get[*corev1.PersistentVolume](c.client, "", now.Spec.VolumeName)
	want, have := now.Spec.Resources.Requests[corev1.ResourceStorage], now.Status.Capacity[corev1.ResourceStorage]
	if !ok || want.Cmp(have) <= 0 || v.Annotations[volume.AnnDynamicallyProvisioned] != Provisioner {
		return nil
	}
	c.provisioner.Eventf(now, corev1.EventTypeNormal, "Resizing", "External resizer is resizing volume %s", v.Name)
	larger := v.DeepCopy()
	larger.Spec.Capacity[corev1.ResourceStorage] = want
	if _, err := client.Update(c.client, larger); err != nil {
		return err
	}
	next := now.DeepCopy()
	next.Status.Capacity[corev1.ResourceStorage] = want
	if _, err := client.UpdateStatus(c.client, next); err != nil {
		return err
	}
	c.provisioner.Event(now, corev1.EventTypeNormal, "VolumeResizeSuccessful", "Resize volume succeeded")
	return nil
}
