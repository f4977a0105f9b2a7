package scale

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
)

// subresource is what an object's "scale" shows, in any of the kinds that it has
// been of: they differ in the form of the selector, which is handed back as it
// came.
type subresource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec struct {
		Replicas int32 `json:"replicas,omitempty"`
	} `json:"spec,omitempty"`
	Status struct {
		Replicas       int32           `json:"replicas"`
		Selector       json.RawMessage `json:"selector,omitempty"`
		TargetSelector string          `json:"targetSelector,omitempty"`
	} `json:"status,omitempty"`
}

// client reads and writes the subresource.
type client struct {
	server *rest.RESTClient
	mapper meta.RESTMapper
}

func newClient(f *factory.Factory) (*client, error) {
	server, err := f.RESTClient()
	if err != nil {
		return nil, err
	}
	mapper, err := f.ToRESTMapper()
	return &client{server, mapper}, err
}

// object is one whose size can be set.
type object struct {
	schema.GroupVersionResource
	namespace, name string
}

// get reads it in the version of the object that the server prefers.
func (c *client) get(ctx context.Context, o object) (*subresource, error) {
	o, err := c.preferred(o)
	if err != nil {
		return nil, err
	}
	return send(ctx, c.server.Get(), o)
}

// update replaces it, in that version too.
func (c *client) update(ctx context.Context, o object, scale *subresource, dryRun []string) (*subresource, error) {
	o, err := c.preferred(o)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(scale)
	if err != nil {
		return nil, err
	}
	return send(ctx, c.server.Put().Body(append(body, '\n')), o, dryRun...)
}

// patch changes it.
func (c *client) patch(ctx context.Context, o object, body []byte, dryRun []string) (*subresource, error) {
	return send(ctx, c.server.Patch(types.MergePatchType).Body(body), o, dryRun...)
}

func (c *client) preferred(o object) (object, error) {
	resource, err := c.mapper.ResourceFor(o.GroupResource().WithVersion(""))
	if err != nil {
		return o, fmt.Errorf("unable to get client for %s: unable to get full preferred group-version-resource for %[1]s: %v", o.GroupResource(), err)
	}
	o.GroupVersionResource = resource
	return o, nil
}

func send(ctx context.Context, request *rest.Request, o object, dryRun ...string) (*subresource, error) {
	root := "/apis"
	if o.Group == "" {
		root = "/api"
	}
	for _, mode := range dryRun {
		request.Param("dryRun", mode)
	}
	result := request.AbsPath(root, o.Group, o.Version).NamespaceIfScoped(o.namespace, o.namespace != "").
		Resource(o.Resource).Name(o.name).SubResource("scale").Do(ctx)
	if err := result.Error(); err != nil {
		return nil, err
	}
	body, err := result.Raw()
	if err != nil {
		return nil, err
	}
	scale := &subresource{}
	return scale, json.Unmarshal(body, scale)
}
