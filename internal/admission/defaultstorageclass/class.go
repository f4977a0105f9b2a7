// Package defaultstorageclass gives claims that name no storage class the
// default one.
package defaultstorageclass

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// annotation marks the default storage class.
const annotation = "storageclass.kubernetes.io/is-default-class"

// Plugin is the DefaultStorageClass admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "DefaultStorageClass" }

// Admit names the default class in a new claim.
func (p Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "persistentvolumeclaims") || a.Operation != admission.Create {
		return nil
	}
	claim := a.Object.(*corev1.PersistentVolumeClaim)
	if _, beta := claim.Annotations[corev1.BetaStorageClassAnnotation]; beta || claim.Spec.StorageClassName != nil {
		return nil
	}
	if class := p.defaultClass(); class != nil {
		claim.Spec.StorageClassName = &class.Name
	}
	return nil
}

// defaultClass is the newest of the classes marked as default, by name where
// they are of one age.
func (p Plugin) defaultClass() *storagev1.StorageClass {
	var chosen *storagev1.StorageClass
	for _, class := range client.List[*storagev1.StorageClass](p.Client, "", nil) {
		if class.Annotations[annotation] != "true" {
			continue
		}
		if chosen == nil || class.CreationTimestamp.After(chosen.CreationTimestamp.Time) {
			chosen = class
		}
	}
	return chosen
}
