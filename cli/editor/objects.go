package editor

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/resource"
)

// asOne is the object, or a list of several.
func asOne(infos []*resource.Info) runtime.Object {
	if len(infos) == 1 {
		return infos[0].Object
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{
		"kind": "List", "apiVersion": "v1", "metadata": map[string]any{},
	}}
	for _, info := range infos {
		list.Items = append(list.Items, *info.Object.(*unstructured.Unstructured))
	}
	return list
}

// takeManagedFields takes away what users do not edit.
func takeManagedFields(object runtime.Object) (map[types.UID][]metav1.ManagedFieldsEntry, error) {
	taken := map[types.UID][]metav1.ManagedFieldsEntry{}
	take := func(object runtime.Object) error {
		metadata, err := meta.Accessor(object)
		if err != nil {
			return err
		}
		taken[metadata.GetUID()] = metadata.GetManagedFields()
		metadata.SetManagedFields(nil)
		return nil
	}
	if meta.IsListType(object) {
		return taken, meta.EachListItem(object, take)
	}
	return taken, take(object)
}

// giveManagedFields gives back what takeManagedFields took.
func giveManagedFields(taken map[types.UID][]metav1.ManagedFieldsEntry, lists ...[]*resource.Info) error {
	for _, infos := range lists {
		for _, info := range infos {
			metadata, err := meta.Accessor(info.Object)
			if err != nil {
				return err
			}
			metadata.SetManagedFields(taken[metadata.GetUID()])
		}
	}
	return nil
}
