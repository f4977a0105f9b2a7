package discovery

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Preferred are the resources, without subresources, each in one version only:
// the one that the server prefers or, if that has it not, the first that has.
// As in GroupsAndResources, some can be missing.
func (c *Client) Preferred() ([]*metav1.APIResourceList, error) {
	groups, lists, err := c.GroupsAndResources()
	var preferred []*metav1.APIResourceList
	for _, group := range groups {
		preferred = append(preferred, preferredOf(group, lists)...)
	}
	return preferred, err
}

// preferredOf are the preferred resources of one group, version by version.
func preferredOf(group metav1.APIGroup, lists []*metav1.APIResourceList) []*metav1.APIResourceList {
	var versions []*metav1.APIResourceList
	chosen := map[string]string{} // The group version of each resource.
	for _, version := range group.Versions {
		at := slices.IndexFunc(lists, func(list *metav1.APIResourceList) bool { return list.GroupVersion == version.GroupVersion })
		if at < 0 {
			continue
		}
		versions = append(versions, lists[at])
		for _, resource := range lists[at].APIResources {
			if _, ok := chosen[resource.Name]; !ok || version.Version == group.PreferredVersion.Version {
				chosen[resource.Name] = version.GroupVersion
			}
		}
	}
	for i, list := range versions {
		versions[i] = &metav1.APIResourceList{GroupVersion: list.GroupVersion}
		for _, resource := range list.APIResources {
			if chosen[resource.Name] == list.GroupVersion && !isSubresource(resource) {
				versions[i].APIResources = append(versions[i].APIResources, resource)
			}
		}
	}
	return versions
}

func isSubresource(resource metav1.APIResource) bool { return strings.Contains(resource.Name, "/") }
