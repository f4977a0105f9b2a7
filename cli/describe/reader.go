package describe

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
)

// Reader reads from the server what a description needs.
type Reader interface {
	// Get reads one object into a value of its Go type.
	Get(ctx context.Context, resource schema.GroupVersionResource, namespace, name string, into runtime.Object) error
	// List reads one page of a collection, of all namespaces if namespace is
	// empty, into a value of the Go type of its list.
	List(ctx context.Context, resource schema.GroupVersionResource, namespace string, options metav1.ListOptions, into runtime.Object) error
}

// server is the Reader of a cluster.
type server struct {
	factory *factory.Factory
	clients map[schema.GroupVersion]*rest.RESTClient
}

func newServer(f *factory.Factory) *server {
	return &server{factory: f, clients: map[schema.GroupVersion]*rest.RESTClient{}}
}

func (s *server) Get(ctx context.Context, resource schema.GroupVersionResource, namespace, name string, into runtime.Object) error {
	client, err := s.client(resource.GroupVersion())
	if err != nil {
		return err
	}
	return client.Get().
		NamespaceIfScoped(namespace, namespace != "").
		Resource(resource.Resource).
		Name(name).
		Do(ctx).
		Into(into)
}

func (s *server) List(ctx context.Context, resource schema.GroupVersionResource, namespace string, options metav1.ListOptions, into runtime.Object) error {
	client, err := s.client(resource.GroupVersion())
	if err != nil {
		return err
	}
	return client.Get().
		NamespaceIfScoped(namespace, namespace != "").
		Resource(resource.Resource).
		VersionedParams(&options, scheme.ParameterCodec).
		Do(ctx).
		Into(into)
}

// client is a client for a group version; each is made once.
func (s *server) client(version schema.GroupVersion) (*rest.RESTClient, error) {
	if client, ok := s.clients[version]; ok {
		return client, nil
	}
	client, err := s.factory.TypedClient(version)
	if err != nil {
		return nil, err
	}
	s.clients[version] = client
	return client, nil
}

// readAll reads a collection page by page and adds each page's items.
func readAll[T any, L any, PL interface {
	*L
	runtime.Object
}](ctx context.Context, r Reader, c collection[T, L], namespace string, options metav1.ListOptions) ([]*T, error) {
	var all []*T
	err := resource.FollowContinue(&options, func(options metav1.ListOptions) (runtime.Object, error) {
		page := PL(new(L))
		if err := r.List(ctx, c.resource, namespace, options, page); err != nil {
			return nil, resource.EnhanceListError(err, options, c.resource.Resource)
		}
		items := c.items((*L)(page))
		for i := range items {
			all = append(all, &items[i])
		}
		return page, nil
	})
	return all, err
}
