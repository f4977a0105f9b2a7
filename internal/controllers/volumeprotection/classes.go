package volumeprotection

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// NewForClasses returns the controller that lets classes of volume attributes
// go.
func NewForClasses(r *registry.Registry) *controllers.Controller {
	const name = "volumeattributesclass-protection-controller"
	c := client.ForServiceAccount(r, name)
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(schema.GroupResource{Group: storagev1.GroupName, Resource: "volumeattributesclasses"}),
			{Resource: schema.GroupResource{Resource: "persistentvolumes"}, Keys: formerClasses},
			{Resource: schema.GroupResource{Resource: "persistentvolumeclaims"}, Keys: formerClasses},
		},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			class, ok := client.Get[*storagev1.VolumeAttributesClass](c, "", key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			return controllers.Result{}, keep(c, class, ClassFinalizer, class.DeletionTimestamp != nil && classUsed(c, key.Name))
		},
	}
}

// classUsed reports whether a volume or claim names a class.
func classUsed(c *client.Client, class string) bool {
	return len(client.Indexed[*corev1.PersistentVolume](c, byClass, class, classesOf)) > 0 ||
		len(client.Indexed[*corev1.PersistentVolumeClaim](c, byClass, class, classesOf)) > 0
}

const byClass = "volumeattributesclass"

// classesOf appends the classes that a volume or a claim names to values.
func classesOf(obj store.Object, values []string) []string {
	add := func(class *string) {
		if class != nil && *class != "" {
			values = append(values, *class)
		}
	}
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		add(o.Spec.VolumeAttributesClassName)
	case *corev1.PersistentVolumeClaim:
		add(o.Spec.VolumeAttributesClassName)
		add(o.Status.CurrentVolumeAttributesClassName)
		if modify := o.Status.ModifyVolumeStatus; modify != nil {
			add(&modify.TargetVolumeAttributesClassName)
		}
	}
	return values
}

// formerClasses are those that a volume or claim named before it was changed or
// deleted.
func formerClasses(ev store.Event) []loop.Key {
	if ev.Old == nil {
		return nil
	}
	var keys []loop.Key
	for _, class := range classesOf(ev.Old.Object, nil) {
		keys = append(keys, loop.Key{Name: class})
	}
	return keys
}
