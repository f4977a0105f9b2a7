// Package storageobjectinuseprotection gives new volumes and claims the
// finalizers that keep them for as long as they are used.
package storageobjectinuseprotection

import (
	"slices"

	"github.com/kubejig/kubejig/internal/admission"
)

// finalizers by resource; controllers take them off.
var finalizers = map[string]string{
	"persistentvolumeclaims": "kubernetes.io/pvc-protection",
	"persistentvolumes":      "kubernetes.io/pv-protection",
}

// Plugin is the StorageObjectInUseProtection admission plugin.
type Plugin struct{}

// Name is the plugin's name.
func (Plugin) Name() string { return "StorageObjectInUseProtection" }

// Admit adds the finalizer to a new object.
func (Plugin) Admit(a *admission.Attributes) error {
	finalizer := finalizers[a.Kind.Resource]
	if finalizer == "" || !a.Is("", a.Kind.Resource) || a.Operation != admission.Create {
		return nil
	}
	if have := a.Object.GetFinalizers(); !slices.Contains(have, finalizer) {
		a.Object.SetFinalizers(append(have, finalizer))
	}
	return nil
}
