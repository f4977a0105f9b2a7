package discovery

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Expand lists the resources of a category, such as "all", in the server's
// order; ok says whether there are any.
func (c *Client) Expand(category string) (resources []schema.GroupResource, ok bool) {
	_, lists, _ := c.GroupsAndResources() // Some of them will do.
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Categories, category) {
				resources = append(resources, schema.GroupResource{Group: version.Group, Resource: resource.Name})
			}
		}
	}
	return resources, len(resources) > 0
}
