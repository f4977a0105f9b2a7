// Package storageobjectinuseprotection gives new volumes, claims and classes of
// volume attributes the finalizers that keep them for as long as they are used.
package storageobjectinuseprotection

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
)

// finalizers by resource; controllers take them off.
var finalizers = map[schema.GroupResource]string{
	{Resource: "persistentvolumeclaims"}:                           "kubernetes.io/pvc-protection",
	{Resource: "persistentvolumes"}:                                "kubernetes.io/pv-protection",
	{Group: "storage.k8s.io", Resource: "volumeattributesclasses"}: "kubernetes.io/vac-protection",
}

// Plugin is the StorageObjectInUseProtection admission plugin.
type Plugin struct{}

// Name is the plugin's name.
func (Plugin) Name() string { return "StorageObjectInUseProtection" }

// Admit adds the finalizer to a new object.
func (Plugin) Admit(a *admission.Attributes) error {
	finalizer := finalizers[a.Kind.GroupResource()]
	if finalizer == "" || a.Subresource != "" || a.Operation != admission.Create {
		return nil
	}
	if have := a.Object.GetFinalizers(); !slices.Contains(have, finalizer) {
		a.Object.SetFinalizers(append(have, finalizer))
	}
	return nil
}
