// Package reader reads objects of the built-in kinds as values of their Go
// types, for commands that look at more than the objects they were given.
//
// It must not import commands.
package reader

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/scheme"
)

// Reader reads from a cluster.
type Reader interface {
	// Get reads one object into a value of its Go type.
	Get(ctx context.Context, resource schema.GroupVersionResource, namespace, name string, into runtime.Object) error
	// List reads one page of a collection, of all namespaces if namespace is
	// empty, into a value of the Go type of its list.
	List(ctx context.Context, resource schema.GroupVersionResource, namespace string, options metav1.ListOptions, into runtime.Object) error
}

// New is the Reader of the factory's server.
func New(f *factory.Factory) Reader {
	return &server{factory: f, clients: map[schema.GroupVersion]*rest.RESTClient{}}
}

type server struct {
	factory *factory.Factory
	clients map[schema.GroupVersion]*rest.RESTClient
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
		VersionedParams(&options, scheme.ParameterCodec()).
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
