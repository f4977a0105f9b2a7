// Package persistentvolumeclaimresize lets only those claims grow whose class
// supports it.
package persistentvolumeclaimresize

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the PersistentVolumeClaimResize admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "PersistentVolumeClaimResize" }

// Validate checks a claim that asks for more than before.
func (p Plugin) Validate(a *admission.Attributes) error {
	if !a.Is("", "persistentvolumeclaims") || a.Operation != admission.Update {
		return nil
	}
	claim, old := a.Object.(*corev1.PersistentVolumeClaim), a.Old.(*corev1.PersistentVolumeClaim)
	size, before := claim.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage]
	if size.Cmp(before) <= 0 {
		return nil
	}
	refuse := func(why string) error {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, errors.New(why))
	}
	if old.Status.Phase != corev1.ClaimBound {
		return refuse("Only bound persistent volume claims can be expanded")
	}
	class, ok := client.Get[*storagev1.StorageClass](p.Client, "", ptr.Deref(claim.Spec.StorageClassName, ""))
	if !ok || !ptr.Deref(class.AllowVolumeExpansion, false) {
		return refuse("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
	}
	return nil
}
