package resource

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// Helper reads and writes objects of one type.
type Helper struct {
	client          RESTClient
	resource        string
	subresource     string
	namespaced      bool
	dryRun          bool
	fieldManager    string
	fieldValidation string
}

// NewHelper is a Helper for the mapping's type.
func NewHelper(client RESTClient, mapping *meta.RESTMapping) *Helper {
	return &Helper{client: client, resource: mapping.Resource.Resource, namespaced: isNamespaced(mapping)}
}

// DryRun has the server do as if it wrote.
func (h *Helper) DryRun(dryRun bool) *Helper {
	h.dryRun = dryRun
	return h
}

// WithFieldManager names who writes.
func (h *Helper) WithFieldManager(name string) *Helper {
	h.fieldManager = name
	return h
}

// WithFieldValidation says what the server does about fields it does not know.
func (h *Helper) WithFieldValidation(directive string) *Helper {
	h.fieldValidation = directive
	return h
}

// WithSubresource reads, patches and replaces a subresource.
func (h *Helper) WithSubresource(subresource string) *Helper {
	h.subresource = subresource
	return h
}

// Get reads an object.
func (h *Helper) Get(namespace, name string) (runtime.Object, error) {
	return do(h.named(h.client.Get(), namespace, name).SubResource(h.subresource))
}

// Create creates the object. With modify, it may have been read before: its
// version is left out.
func (h *Helper) Create(namespace string, modify bool, object runtime.Object) (runtime.Object, error) {
	accessor := meta.NewAccessor()
	if modify {
		if version, err := accessor.ResourceVersion(object); err == nil && version != "" {
			if err := accessor.SetResourceVersion(object, ""); err != nil {
				return nil, err
			}
		}
	}
	return do(h.collection(h.client.Post(), namespace).VersionedParams(&metav1.CreateOptions{
		DryRun: h.dryRuns(), FieldManager: h.fieldManager, FieldValidation: h.fieldValidation,
	}, metav1.ParameterCodec).Body(object))
}

// Patch patches an object; options may be nil.
func (h *Helper) Patch(namespace, name string, kind types.PatchType, patch []byte, options *metav1.PatchOptions) (runtime.Object, error) {
	if options == nil {
		options = &metav1.PatchOptions{}
	}
	if h.dryRun {
		options.DryRun = h.dryRuns()
	}
	if h.fieldManager != "" {
		options.FieldManager = h.fieldManager
	}
	if h.fieldValidation != "" {
		options.FieldValidation = h.fieldValidation
	}
	return do(h.named(h.client.Patch(kind), namespace, name).SubResource(h.subresource).
		VersionedParams(options, metav1.ParameterCodec).Body(patch))
}

// Replace replaces an object. With overwrite, an object without a version takes
// the place of whichever is there.
func (h *Helper) Replace(namespace, name string, overwrite bool, object runtime.Object) (runtime.Object, error) {
	if overwrite {
		if err := h.takeVersion(namespace, name, object); err != nil {
			return nil, err
		}
	}
	return do(h.named(h.client.Put(), namespace, name).SubResource(h.subresource).VersionedParams(&metav1.UpdateOptions{
		DryRun: h.dryRuns(), FieldManager: h.fieldManager, FieldValidation: h.fieldValidation,
	}, metav1.ParameterCodec).Body(object))
}

// takeVersion gives an object without a version that of the one on the server.
// Where there is none, the server is to say so.
func (h *Helper) takeVersion(namespace, name string, object runtime.Object) error {
	accessor := meta.NewAccessor()
	if version, err := accessor.ResourceVersion(object); err != nil || version != "" {
		return nil
	}
	live, err := h.Get(namespace, name)
	if err != nil {
		return nil
	}
	version, err := accessor.ResourceVersion(live)
	if err != nil {
		return err
	}
	return accessor.SetResourceVersion(object, version)
}

// DeleteWithOptions deletes an object.
func (h *Helper) DeleteWithOptions(namespace, name string, options *metav1.DeleteOptions) (runtime.Object, error) {
	if h.dryRun {
		options.DryRun = h.dryRuns()
	}
	return do(h.named(h.client.Delete(), namespace, name).Body(options))
}

// list reads objects, or a page of them.
func (h *Helper) list(namespace string, options metav1.ListOptions) (runtime.Object, error) {
	return do(h.collection(h.client.Get(), namespace).VersionedParams(&options, metav1.ParameterCodec))
}

// watch follows what is chosen by options.
func (h *Helper) watch(namespace string, options metav1.ListOptions) (watch.Interface, error) {
	options.Watch = true
	return h.collection(h.client.Get(), namespace).VersionedParams(&options, metav1.ParameterCodec).Watch(context.Background())
}

// watchOne follows one object.
func (h *Helper) watchOne(namespace, name, version string) (watch.Interface, error) {
	return h.watch(namespace, metav1.ListOptions{
		ResourceVersion: version, FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String(),
	})
}

func (h *Helper) collection(request *rest.Request, namespace string) *rest.Request {
	return request.NamespaceIfScoped(namespace, h.namespaced).Resource(h.resource)
}

func (h *Helper) named(request *rest.Request, namespace, name string) *rest.Request {
	return h.collection(request, namespace).Name(name)
}

func (h *Helper) dryRuns() []string {
	if h.dryRun {
		return []string{metav1.DryRunAll}
	}
	return nil
}

func do(request *rest.Request) (runtime.Object, error) {
	return request.Do(context.Background()).Get()
}
