package apply

import (
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
)

// maxUpgrades is how often the upgrade of an object's managers is tried while
// others change the object.
const maxUpgrades = 5

// applyOnServer sends the configuration for the server to merge.
func (o *options) applyOnServer(f *factory.Factory, helper *resource.Helper, info *resource.Info) error {
	data, err := runtime.Encode(unstructured.UnstructuredJSONScheme, info.Object)
	if err != nil {
		return failure.WithSource("serverside-apply", info.Source, err)
	}
	send := func() (runtime.Object, error) {
		options := metav1.PatchOptions{Force: &o.forceConflicts}
		return helper.WithSubresource(o.subresource).Patch(info.Namespace, info.Name, types.ApplyPatchType, data, &options)
	}
	applied, err := send()
	if err != nil {
		return explainConflict(err)
	}
	_ = info.Refresh(applied, true)
	o.upgrade(f, helper, info, send)
	warnIfDeleting(f, info)
	o.visited(info)
	return o.printOne(f, info, "serverside-applied")
}

// explainConflict tells what can be done about fields of other managers.
func explainConflict(err error) error {
	status, ok := err.(*apierrors.StatusError)
	if ok && status.Status().Code == http.StatusUnsupportedMediaType {
		return fmt.Errorf("Server-side apply not available on the server: (%v)", err)
	}
	if !apierrors.IsConflict(err) {
		return err
	}
	return fmt.Errorf(`%v
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `+"`--force-conflicts`"+` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`, err)
}

// upgrade hands what apply owned when it merged here over to the apply that
// merges on the server. It fails with warnings only, since the object has been
// applied.
func (o *options) upgrade(f *factory.Factory, helper *resource.Helper, info *resource.Info, reapply func() (runtime.Object, error)) {
	warn := func(what string, err error) {
		fmt.Fprintf(f.ErrOut, "Warning: %s. This is non-fatal and will be retried next time you apply. Error: %s\n", what, err)
	}
	if err := o.ownAnnotation(helper, info); err != nil {
		warn("failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply", err)
		return
	}
	upgraded, err := o.upgradeManagers(helper, info)
	if err != nil {
		warn("server rejected managed fields migration to Server-Side Apply", err)
		return
	}
	if !upgraded {
		return
	}
	applied, err := reapply()
	if err != nil {
		warn("failed to re-apply configuration after performing Server-Side Apply migration", err)
		return
	}
	_ = info.Refresh(applied, false)
}

func annotationPath() *fieldpath.Set {
	return fieldpath.NewSet(fieldpath.MakePathOrDie("metadata", "annotations", lastapplied.Annotation))
}

// ownAnnotation gives the annotation of the last applied configuration an
// owner of its own, lest it goes with the old manager.
func (o *options) ownAnnotation(helper *resource.Helper, info *resource.Info) error {
	if o.manager != ServerSideManager {
		return nil
	}
	accessor, err := meta.Accessor(info.Object)
	if err != nil {
		return err
	}
	kept, ok := accessor.GetAnnotations()[lastapplied.Annotation]
	if !ok || len(csaupgrade.FindFieldsOwners(accessor.GetManagedFields(), metav1.ManagedFieldsOperationApply, annotationPath())) > 0 {
		return nil
	}
	only := &unstructured.Unstructured{}
	only.SetGroupVersionKind(info.Mapping.GroupVersionKind)
	only.SetName(accessor.GetName())
	only.SetNamespace(accessor.GetNamespace())
	only.SetAnnotations(map[string]string{lastapplied.Annotation: kept})
	data, err := runtime.Encode(unstructured.UnstructuredJSONScheme, only)
	if err != nil {
		return err
	}
	owner := *helper
	applied, err := owner.WithFieldManager(annotationsManager).Patch(info.Namespace, info.Name, types.ApplyPatchType, data, nil)
	if err != nil {
		return err
	}
	return info.Refresh(applied, false)
}

// upgradeManagers says whether there was anything to hand over.
func (o *options) upgradeManagers(helper *resource.Helper, info *resource.Info) (bool, error) {
	accessor, err := meta.Accessor(info.Object)
	if err != nil {
		return false, err
	}
	names := sets.New[string]()
	for _, entry := range csaupgrade.FindFieldsOwners(accessor.GetManagedFields(), metav1.ManagedFieldsOperationUpdate, annotationPath()) {
		names.Insert(entry.Manager)
	}
	for range maxUpgrades {
		patch, patchErr := csaupgrade.UpgradeManagedFieldsPatch(info.Object, names, o.manager)
		if patchErr != nil || patch == nil {
			return false, patchErr
		}
		var patched runtime.Object
		if patched, err = helper.Patch(info.Namespace, info.Name, types.JSONPatchType, patch, nil); err == nil {
			return true, info.Refresh(patched, false)
		}
		if !apierrors.IsConflict(err) {
			return false, err
		}
		if err := info.Get(); err != nil {
			return false, err
		}
	}
	return false, err
}
