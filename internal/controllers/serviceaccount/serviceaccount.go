// Package serviceaccount gives every namespace its default service account.
package serviceaccount

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// New returns the controller of default service accounts.
func New(r *registry.Registry) *controllers.Controller {
	const name = "service-account-controller"
	c := client.ForServiceAccount(r, name)
	return &controllers.Controller{
		Name:    name,
		Watches: InNamespaces(schema.GroupResource{Resource: "serviceaccounts"}, "default"),
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			return controllers.Result{}, Ensure(c, key.Name, &corev1.ServiceAccount{
				ObjectMeta: metav1.ObjectMeta{Namespace: key.Name, Name: "default"},
			})
		},
	}
}

// InNamespaces wakes a controller, by namespace, when a namespace appears or
// changes and when the object that each namespace must have changes or goes.
func InNamespaces(resource schema.GroupResource, name string) []controllers.Watch {
	return []controllers.Watch{
		{Resource: schema.GroupResource{Resource: "namespaces"}, Keys: func(ev store.Event) []loop.Key {
			return []loop.Key{{Name: ev.Item.Object.GetName()}}
		}},
		{Resource: resource, Keys: func(ev store.Event) []loop.Key {
			if ev.Type == store.Added || ev.Item.Object.GetName() != name {
				return nil
			}
			return []loop.Key{{Name: ev.Item.Object.GetNamespace()}}
		}},
	}
}

// Ensure creates an object in a namespace that lives, unless it is there.
func Ensure[T store.Object](c *client.Client, namespace string, obj T) error {
	ns, ok := client.Get[*corev1.Namespace](c, "", namespace)
	if !ok || ns.DeletionTimestamp != nil {
		return nil
	}
	if _, exists := client.Get[T](c, namespace, obj.GetName()); exists {
		return nil
	}
	if _, err := client.Create(c, obj); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
