package discovery

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// expand puts the full name of a resource in the place of a short one: that of
// the first group which has it so. A name that is a full one stays.
func (m *mapper) expand(resource schema.GroupVersionResource) schema.GroupVersionResource {
	candidates, full := m.candidates(resource)
	if full {
		return resource
	}
	var found *schema.GroupResource
	var warned []schema.GroupResource
	for _, candidate := range candidates {
		switch {
		case resource.Group != "" && resource.Group != candidate.Group:
		case found == nil:
			found = &candidate
		case *found != candidate && !slices.Contains(warned, candidate):
			m.warn(fmt.Sprintf("short name %q could also match lower priority resource %s", resource.Resource, candidate.String()))
			warned = append(warned, candidate)
		}
	}
	if found != nil {
		return found.WithVersion("")
	}
	for _, candidate := range candidates { // "deploy.app" will do.
		if resource.Group != "" && strings.HasPrefix(candidate.Group, resource.Group) {
			return candidate.WithVersion(resource.Version)
		}
	}
	return resource
}

// candidates are the resources of any group for which a name is short; full says
// that it is the name of one in its own group.
func (m *mapper) candidates(resource schema.GroupVersionResource) (candidates []schema.GroupResource, full bool) {
	log := m.client.log
	_, lists, err := m.client.GroupsAndResources()
	if err != nil {
		log.Info(1, "shortcut.go:177", "Error loading discovery information", "err", err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			log.Info(1, "shortcut.go:182", "Unable to parse group/version", "groupVersion", list.GroupVersion, "err", err)
			continue
		}
		for _, r := range list.APIResources {
			full = full || (resource.Group == "" || resource.Group == version.Group) &&
				(resource.Resource == r.Name || resource.Resource == r.SingularName)
			if slices.Contains(r.ShortNames, resource.Resource) {
				candidates = append(candidates, schema.GroupResource{Group: version.Group, Resource: r.Name})
			}
		}
	}
	return candidates, full
}
