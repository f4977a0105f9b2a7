// Package client is how the engine's own components read and write the API:
// typed, synchronous and in the name of a user, like client-go's but without
// HTTP, caches or goroutines.
//
// What a Client returns is shared with the store: DeepCopy before changing it.
// What is handed to a write belongs to the client from there on.
package client

import (
	"fmt"
	"reflect"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Client reads and writes as one user.
type Client struct {
	Registry *registry.Registry
	User     authenticationv1.UserInfo
	// Manager is the field manager of the client's writes.
	Manager string
	// APIVersion is what the client's writes speak in; "" for the storage
	// version.
	APIVersion string
}

// ForServiceAccount returns a client of a kube-system service account, as
// which Kubernetes' controllers act, with their common field manager.
func ForServiceAccount(r *registry.Registry, name string) *Client {
	return &Client{
		Registry: r,
		Manager:  "kube-controller-manager",
		User: authenticationv1.UserInfo{
			Username: "system:serviceaccount:kube-system:" + name,
			Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"},
		},
	}
}

// ForUser returns a client of a user.
func ForUser(r *registry.Registry, manager, user string, groups ...string) *Client {
	return &Client{
		Registry: r,
		Manager:  manager,
		User:     authenticationv1.UserInfo{Username: user, Groups: append(groups, "system:authenticated")},
	}
}

// KindOf returns the kind of a Go type such as *corev1.Pod.
func KindOf[T store.Object](c *Client) *resources.Kind {
	return c.kindOfType(reflect.TypeFor[T]())
}

func (c *Client) kindOfType(t reflect.Type) *resources.Kind {
	k := c.Registry.Kinds().ByType(t)
	if k == nil {
		panic(fmt.Sprintf("client: no kind is stored as %s", t))
	}
	return k
}

// kindOf returns the kind of an object, custom ones included.
func (c *Client) kindOf(obj store.Object) *resources.Kind {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		if k := c.Registry.Kinds().ByKind(u.GroupVersionKind().GroupKind()); k != nil {
			return k
		}
	}
	return c.kindOfType(reflect.TypeOf(obj))
}

// Get returns an object, or false when it is not there.
func Get[T store.Object](c *Client, namespace, name string) (T, bool) {
	item := c.Registry.Store.Get(KindOf[T](c).GroupResource(), namespace, name)
	if item == nil {
		var none T
		return none, false
	}
	return item.Object.(T), true
}

// List returns the objects of a namespace ("" for all) that a selector (nil
// for all) selects, in order.
func List[T store.Object](c *Client, namespace string, selector labels.Selector) []T {
	var list []T
	k := KindOf[T](c)
	c.Registry.List(k, registry.Predicate{Namespace: namespace, Labels: selector}, func(item *store.Item) bool {
		list = append(list, item.Object.(T))
		return true
	})
	return list
}

// Controlled returns the objects of a type whose controller has the given UID,
// in order.
func Controlled[T store.Object](c *Client, owner types.UID) []T {
	return Indexed[T](c, byController, string(owner), controllerOf)
}

// Indexed returns the objects of a type with a value in a named index, in
// order; the index is made on first use.
func Indexed[T store.Object](c *Client, index, value string, values store.IndexFunc) []T {
	gr := KindOf[T](c).GroupResource()
	c.Registry.Store.AddIndex(gr, index, values)
	var list []T
	c.Registry.Store.ScanIndex(gr, index, value, func(item *store.Item) bool {
		list = append(list, item.Object.(T))
		return true
	})
	return list
}

// PodsOnNode returns the pods that are bound to a node, in order.
func PodsOnNode(c *Client, node string) []*corev1.Pod {
	return Indexed[*corev1.Pod](c, byNode, node, nodeOf)
}

const byNode = "spec.nodeName"

func nodeOf(obj store.Object, names []string) []string {
	if name := obj.(*corev1.Pod).Spec.NodeName; name != "" {
		return append(names, name)
	}
	return names
}

const byController = "controller"

func controllerOf(obj store.Object, uids []string) []string {
	if ref := metav1.GetControllerOfNoCopy(obj); ref != nil {
		return append(uids, string(ref.UID))
	}
	return uids
}

func (c *Client) request(k *resources.Kind, namespace, name, subresource string) registry.Request {
	return registry.Request{
		Kind: k, Namespace: namespace, Name: name, Subresource: subresource,
		User: c.User, Manager: c.Manager, APIVersion: c.APIVersion,
	}
}

// Create creates an object and returns it as stored.
func Create[T store.Object](c *Client, obj T) (T, error) {
	q := c.request(c.kindOf(obj), obj.GetNamespace(), obj.GetName(), "")
	return resultOf[T](c.Registry.Create(q, obj))
}

// Update replaces an object and returns it as stored. Its resourceVersion must
// be the current one.
func Update[T store.Object](c *Client, obj T) (T, error) {
	return update(c, obj, "")
}

// Apply applies what the client wants of an object, whoever owned it before, in
// the version that the configuration is of.
func Apply[T store.Object](c *Client, config *unstructured.Unstructured) (T, error) {
	return apply[T](c, config, "")
}

// ApplyStatus is Apply for an object's status.
func ApplyStatus[T store.Object](c *Client, config *unstructured.Unstructured) (T, error) {
	return apply[T](c, config, "status")
}

func apply[T store.Object](c *Client, config *unstructured.Unstructured, subresource string) (T, error) {
	q := c.request(KindOf[T](c), config.GetNamespace(), config.GetName(), subresource)
	q.APIVersion = config.GetAPIVersion()
	return resultOf[T](c.Registry.Apply(q, config, true))
}

// UpdateStatus replaces an object's status and returns the object as stored.
func UpdateStatus[T store.Object](c *Client, obj T) (T, error) {
	return update(c, obj, "status")
}

// UpdatePart replaces what a subresource stands for.
func UpdatePart[T store.Object](c *Client, obj T, subresource string) (T, error) {
	return update(c, obj, subresource)
}

// Put stores the next version of an object as it is, on behalf of a
// subresource ("" for none); see registry.Put.
func Put[T store.Object](c *Client, obj T, subresource string) (T, error) {
	return put(c, obj, subresource, c.Registry.Put)
}

// Renew is Put for a version in which nothing but instants has changed.
func Renew[T store.Object](c *Client, obj T, subresource string) (T, error) {
	return put(c, obj, subresource, c.Registry.Renew)
}

func put[T store.Object](c *Client, obj T, subresource string, write func(registry.Request, store.Object) (*store.Item, error)) (T, error) {
	item, err := write(c.request(c.kindOf(obj), obj.GetNamespace(), obj.GetName(), subresource), obj)
	if err != nil {
		var none T
		return none, err
	}
	return item.Object.(T), nil
}

// Install stores a new object as it is; see registry.Install.
func Install(c *Client, obj store.Object) error {
	_, err := c.Registry.Install(c.request(c.kindOf(obj), obj.GetNamespace(), obj.GetName(), ""), obj)
	return err
}

func update[T store.Object](c *Client, obj T, subresource string) (T, error) {
	q := c.request(c.kindOf(obj), obj.GetNamespace(), obj.GetName(), subresource)
	return resultOf[T](c.Registry.Update(q, func(store.Object) (store.Object, error) { return obj, nil }))
}

func resultOf[T store.Object](result registry.Result, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return result.Item.Object.(T), nil
}

// Delete deletes an object; see registry.Delete.
func (c *Client) Delete(obj store.Object, options metav1.DeleteOptions) error {
	q := c.request(c.kindOf(obj), obj.GetNamespace(), obj.GetName(), "")
	_, _, err := c.Registry.Delete(q, options)
	return err
}

// Resource is the resource of an object's type.
func (c *Client) Resource(obj store.Object) schema.GroupResource {
	return c.kindOf(obj).GroupResource()
}
