package applyset

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// contents are the kinds of a set's members, and the namespaces they are in.
type contents struct {
	kinds      map[schema.GroupKind]*meta.RESTMapping
	namespaces map[string]bool
}

func newContents() contents {
	return contents{kinds: map[schema.GroupKind]*meta.RESTMapping{}, namespaces: map[string]bool{}}
}

func (c contents) add(mapping *meta.RESTMapping, namespace string) {
	c.kinds[mapping.GroupVersionKind.GroupKind()] = mapping
	if namespaced(mapping) && namespace != "" {
		c.namespaces[namespace] = true
	}
}

func (c contents) union(other contents) contents {
	all := newContents()
	for _, part := range []contents{c, other} {
		maps.Copy(all.kinds, part.kinds)
		maps.Copy(all.namespaces, part.namespaces)
	}
	return all
}

func namespaced(mapping *meta.RESTMapping) bool {
	return mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

// kindNames are Kind.group, sorted, as in the parent's annotation.
func (c contents) kindNames() []string {
	var names []string
	for kind := range c.kinds {
		names = append(names, kind.String())
	}
	slices.Sort(names)
	return names
}

// additional are the namespaces other than the parent's own, sorted.
func (c contents) additional(own string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.namespaces)), func(n string) bool { return n == own })
}

// parseContents reads the annotations of a parent.
func parseContents(annotations map[string]string, mapper meta.RESTMapper) (contents, error) {
	c := newContents()
	mappings, err := parseKinds(annotations, mapper)
	if err != nil {
		return c, err
	}
	for _, mapping := range mappings {
		c.add(mapping, "")
	}
	for _, namespace := range commaSeparated(annotations[additionalNamespacesAnnotation]) {
		c.namespaces[namespace] = true
	}
	return c, nil
}

func parseKinds(annotations map[string]string, mapper meta.RESTMapper) ([]*meta.RESTMapping, error) {
	if kinds, ok := annotations[kindsAnnotation]; ok {
		return each(kinds, func(name string) (*meta.RESTMapping, error) {
			mapping, err := mapper.RESTMapping(schema.ParseGroupKind(name))
			if err != nil {
				return nil, fmt.Errorf("could not find mapping for kind in %q annotation: %w", kindsAnnotation, err)
			}
			return mapping, nil
		})
	}
	resources := annotations[resourcesAnnotation]
	if resources == "" {
		return nil, fmt.Errorf("kubectl requires the %q annotation to be set on all ApplySet parent objects", kindsAnnotation)
	}
	return each(resources, func(name string) (*meta.RESTMapping, error) {
		kind, err := mapper.KindFor(schema.ParseGroupResource(name).WithVersion(""))
		if err != nil {
			return nil, fmt.Errorf("invalid group resource in %q annotation: %w", resourcesAnnotation, err)
		}
		mapping, err := mapper.RESTMapping(kind.GroupKind())
		if err != nil {
			return nil, fmt.Errorf("could not find kind for resource in %q annotation: %w", resourcesAnnotation, err)
		}
		return mapping, nil
	})
}

// each maps the names of a list.
func each(list string, find func(string) (*meta.RESTMapping, error)) ([]*meta.RESTMapping, error) {
	var found []*meta.RESTMapping
	for _, name := range commaSeparated(list) {
		mapping, err := find(name)
		if err != nil {
			return nil, err
		}
		found = append(found, mapping)
	}
	return found, nil
}

func commaSeparated(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// member is an object that carries a set's label.
type member struct {
	mapping *meta.RESTMapping
	object  *unstructured.Unstructured
}

func (m member) String() string {
	name := m.object.GetName()
	if namespaced(m.mapping) {
		name = m.object.GetNamespace() + "/" + name
	}
	return m.mapping.GroupVersionKind.GroupKind().String() + " " + name
}

// members lists those there were before, kind by kind, namespace by namespace.
func (s *Set) members(ctx context.Context) ([]member, error) {
	mappings := slices.SortedFunc(maps.Values(s.before.kinds), func(a, b *meta.RESTMapping) int {
		return cmp.Compare(a.GroupVersionKind.GroupKind().String(), b.GroupVersionKind.GroupKind().String())
	})
	var members []member
	for _, mapping := range mappings {
		namespaces := []string{metav1.NamespaceNone}
		if namespaced(mapping) {
			namespaces = slices.Sorted(maps.Keys(s.before.namespaces))
		}
		for _, namespace := range namespaces {
			list, err := s.dynamic.Resource(mapping.Resource).Namespace(namespace).
				List(ctx, metav1.ListOptions{LabelSelector: partOfLabel + "=" + s.id()})
			if err != nil {
				return nil, fmt.Errorf("listing %v objects for pruning: %w", mapping.GroupVersionKind, err)
			}
			for i := range list.Items {
				members = append(members, member{mapping, &list.Items[i]})
			}
		}
	}
	return members, nil
}
