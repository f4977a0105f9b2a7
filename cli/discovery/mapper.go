package discovery

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// NewMapper maps resources, by short names too, to kinds and back, as a client's
// server serves them. The server is asked at the first question, and once more
// when there is no answer in what was known from an earlier run. warn tells the
// user of what is ambiguous.
func NewMapper(client *Client, warn func(message string)) meta.ResettableRESTMapper {
	return &mapper{client: client, warn: warn}
}

type mapper struct {
	client *Client
	warn   func(string)

	mu    sync.Mutex
	known meta.RESTMapper // nil until it is needed
}

// Reset makes the next question ask the server again.
func (m *mapper) Reset() {
	m.client.log.Info(5, "discovery.go:279", "Invalidating discovery information")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.client.Invalidate()
	m.known = nil
}

// current maps what the server serves, as far as it is known.
func (m *mapper) current() (meta.RESTMapper, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known != nil {
		return m.known, nil
	}
	groups, lists, err := m.client.GroupsAndResources()
	if groups == nil && err != nil {
		return nil, err
	}
	m.known = mapperOf(groups, lists)
	return m.known, nil
}

// find looks something up, and a second time, in what the server serves now, if
// it is missed in what was known of it.
func find[T any](m *mapper, look func(meta.RESTMapper) (T, error), missed func(T, error) bool) (T, error) {
	var found T
	known, err := m.current()
	if err != nil {
		return found, err
	}
	if found, err = look(known); !missed(found, err) || m.client.Fresh() {
		return found, err
	}
	m.Reset()
	if known, err = m.current(); err != nil {
		return *new(T), err
	}
	return look(known)
}

func findOne[T any](m *mapper, look func(meta.RESTMapper) (T, error)) (T, error) {
	return find(m, look, func(_ T, err error) bool { return err != nil })
}

func findAll[T any](m *mapper, look func(meta.RESTMapper) ([]T, error)) ([]T, error) {
	return find(m, look, func(found []T, _ error) bool { return len(found) == 0 })
}

func (m *mapper) KindFor(resource schema.GroupVersionResource) (schema.GroupVersionKind, error) {
	kindFor := func(resource schema.GroupVersionResource) (schema.GroupVersionKind, error) {
		return findOne(m, func(known meta.RESTMapper) (schema.GroupVersionKind, error) { return known.KindFor(resource) })
	}
	kind, err := kindFor(m.expand(resource))
	if meta.IsNoMatchError(err) { // By now it may be known for a short name.
		return kindFor(m.expand(resource))
	}
	return kind, err
}

func (m *mapper) KindsFor(resource schema.GroupVersionResource) ([]schema.GroupVersionKind, error) {
	resource = m.expand(resource)
	return findAll(m, func(known meta.RESTMapper) ([]schema.GroupVersionKind, error) { return known.KindsFor(resource) })
}

func (m *mapper) ResourceFor(resource schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	resource = m.expand(resource)
	return findOne(m, func(known meta.RESTMapper) (schema.GroupVersionResource, error) { return known.ResourceFor(resource) })
}

func (m *mapper) ResourcesFor(resource schema.GroupVersionResource) ([]schema.GroupVersionResource, error) {
	resource = m.expand(resource)
	return findAll(m, func(known meta.RESTMapper) ([]schema.GroupVersionResource, error) {
		return known.ResourcesFor(resource)
	})
}

func (m *mapper) RESTMapping(kind schema.GroupKind, versions ...string) (*meta.RESTMapping, error) {
	return findOne(m, func(known meta.RESTMapper) (*meta.RESTMapping, error) { return known.RESTMapping(kind, versions...) })
}

func (m *mapper) RESTMappings(kind schema.GroupKind, versions ...string) ([]*meta.RESTMapping, error) {
	return findAll(m, func(known meta.RESTMapper) ([]*meta.RESTMapping, error) { return known.RESTMappings(kind, versions...) })
}

func (m *mapper) ResourceSingularizer(resource string) (string, error) {
	resource = m.expand(schema.GroupVersionResource{Resource: resource}).Resource
	singular, err := findOne(m, func(known meta.RESTMapper) (string, error) { return known.ResourceSingularizer(resource) })
	if err != nil && singular == "" {
		return resource, err
	}
	return singular, err
}

// mapperOf maps what is in the lists. Where several groups or versions have
// the same, the core group comes first, then come the groups in the server's
// order, each with its preferred version before its others.
func mapperOf(groups []metav1.APIGroup, lists []*metav1.APIResourceList) meta.RESTMapper {
	served := map[string]*metav1.APIResourceList{}
	for _, list := range lists {
		served[list.GroupVersion] = list
	}
	all := meta.MultiRESTMapper{}
	priority := &meta.PriorityRESTMapper{}
	prefer := func(group, version string) {
		priority.ResourcePriority = append(priority.ResourcePriority, schema.GroupVersionResource{Group: group, Version: version, Resource: meta.AnyResource})
		priority.KindPriority = append(priority.KindPriority, schema.GroupVersionKind{Group: group, Version: version, Kind: meta.AnyKind})
	}
	prefer("", "v1")
	for _, group := range groups {
		if preferred := group.PreferredVersion; preferred.Version != "" && served[preferred.GroupVersion] != nil {
			prefer(group.Name, preferred.Version)
		}
		for _, version := range group.Versions {
			list, ok := served[version.GroupVersion]
			if !ok {
				continue
			}
			if version.Version != group.PreferredVersion.Version {
				prefer(group.Name, version.Version)
			}
			all = append(all, mapperOfVersion(schema.GroupVersion{Group: group.Name, Version: version.Version}, list.APIResources))
		}
	}
	for _, group := range groups {
		prefer(group.Name, meta.AnyVersion)
	}
	priority.Delegate = all
	return priority
}

// mapperOfVersion maps the resources of one group version.
func mapperOfVersion(version schema.GroupVersion, resources []metav1.APIResource) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{version})
	for _, resource := range resources {
		if isSubresource(resource) {
			continue
		}
		scope := meta.RESTScopeRoot
		if resource.Namespaced {
			scope = meta.RESTScopeNamespace
		}
		kind, plural, singular := version.WithKind(resource.Kind), version.WithResource(resource.Name), version.WithResource(resource.SingularName)
		if resource.SingularName == "" { // Old servers do not tell it.
			_, singular = meta.UnsafeGuessKindToResource(kind)
		}
		mapper.AddSpecific(version.WithKind(strings.ToLower(resource.Kind)), plural, singular, scope)
		mapper.AddSpecific(kind, plural, singular, scope)
		mapper.Add(version.WithKind(resource.Kind+"List"), scope)
	}
	mapper.Add(version.WithKind("List"), meta.RESTScopeRoot)
	return mapper
}
