package discovery

import (
	"encoding/json"
	"fmt"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// staleError is the answer of a group version whose own server, behind the one
// that is asked, is not there.
type staleError struct{ version schema.GroupVersion }

func (e staleError) Error() string {
	return fmt.Sprintf("stale GroupVersion discovery: %v", e.version)
}

// readAggregated reads groups that come with all of their resources.
func readAggregated(body []byte) (survey, error) {
	var list apidiscovery.APIGroupDiscoveryList
	if err := json.Unmarshal(body, &list); err != nil {
		return survey{}, err
	}
	all := survey{answers: map[string]answer{}}
	for _, item := range list.Items {
		group := metav1.APIGroup{Name: item.Name}
		for _, v := range item.Versions {
			name := schema.GroupVersion{Group: item.Name, Version: v.Version}
			if v.Freshness == apidiscovery.DiscoveryFreshnessStale {
				all.answers[name.String()] = answer{err: staleError{name}}
				continue
			}
			group.Versions = append(group.Versions, metav1.GroupVersionForDiscovery{GroupVersion: name.String(), Version: v.Version})
			all.answers[name.String()] = answer{list: &metav1.APIResourceList{GroupVersion: name.String(), APIResources: flat(v.Resources)}}
		}
		if len(group.Versions) > 0 {
			group.PreferredVersion = group.Versions[0]
		}
		all.groups = append(all.groups, group)
	}
	return all, nil
}

// flat lists resources, each followed by its subresources. What does not tell
// its kind is left out; the subresources of such a resource are not.
func flat(resources []apidiscovery.APIResourceDiscovery) []metav1.APIResource {
	var all []metav1.APIResource
	add := func(resource metav1.APIResource, kind *metav1.GroupVersionKind) {
		if kind == nil || *kind == (metav1.GroupVersionKind{}) {
			return
		}
		resource.Group, resource.Version, resource.Kind = kind.Group, kind.Version, kind.Kind
		all = append(all, resource)
	}
	for _, r := range resources {
		namespaced := r.Scope == apidiscovery.ScopeNamespace
		add(metav1.APIResource{
			Name: r.Resource, SingularName: r.SingularResource, Namespaced: namespaced,
			Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
		}, r.ResponseKind)
		for _, sub := range r.Subresources {
			add(metav1.APIResource{
				Name: r.Resource + "/" + sub.Subresource, SingularName: r.SingularResource, Namespaced: namespaced,
				Verbs: sub.Verbs,
			}, sub.ResponseKind)
		}
	}
	return all
}
