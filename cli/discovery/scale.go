package discovery

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ScaleKind is the kind of a resource's subresource "scale"; it fails if there
// is none.
func (c *Client) ScaleKind(resource schema.GroupVersionResource) (schema.GroupVersionKind, error) {
	list, err := c.Resources(resource.GroupVersion().String())
	if err != nil {
		return schema.GroupVersionKind{}, fmt.Errorf("unable to fetch discovery information for %s: %v", resource.String(), err)
	}
	for _, r := range list.APIResources {
		if r.Name != resource.Resource+"/scale" {
			continue
		}
		if r.Group == "" || r.Version == "" { // It is of the resource's own version.
			return resource.GroupVersion().WithKind(r.Kind), nil
		}
		return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}, nil
	}
	return schema.GroupVersionKind{}, fmt.Errorf("could not find scale subresource for %s in discovery information", resource.String())
}
