package resource

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// client is a client for a group version, in the form of the builder's objects.
func (b *Builder) client(version schema.GroupVersion) (RESTClient, error) {
	config, err := b.needs.Config()
	if err != nil {
		return nil, err
	}
	if b.stdinInUse && config.ExecProvider != nil {
		config.ExecProvider.StdinUnavailable = true
		config.ExecProvider.StdinUnavailableMessage = "used by stdin resource manifest reader"
	}
	b.form.configure(config)
	config.GroupVersion = &version
	config.APIPath = "/apis"
	if version.Group == "" {
		config.APIPath = "/api"
	}
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, err
	}
	if len(b.transforms) == 0 {
		return client, nil
	}
	return transformer{client, b.transforms}, nil
}

// transformer changes each request of a client before it is sent.
type transformer struct {
	client     RESTClient
	transforms []func(*rest.Request)
}

func (t transformer) Get() *rest.Request    { return t.transform(t.client.Get()) }
func (t transformer) Post() *rest.Request   { return t.transform(t.client.Post()) }
func (t transformer) Put() *rest.Request    { return t.transform(t.client.Put()) }
func (t transformer) Delete() *rest.Request { return t.transform(t.client.Delete()) }

func (t transformer) Patch(kind types.PatchType) *rest.Request {
	return t.transform(t.client.Patch(kind))
}

func (t transformer) transform(request *rest.Request) *rest.Request {
	for _, transform := range t.transforms {
		transform(request)
	}
	return request
}
