package resource

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var errSeveralTypes = errors.New("you may only specify a single resource type")

// expand replaces categories among types by the types they stand for.
func (b *Builder) expand(types string) []string {
	var expanded []string
	for name := range strings.SplitSeq(types, ",") {
		categories, err := b.needs.Categories()
		if err != nil {
			b.AddError(err)
			continue
		}
		members, ok := categories.Expand(name)
		if !ok {
			expanded = append(expanded, name)
			continue
		}
		for _, member := range members {
			expanded = append(expanded, member.String())
		}
	}
	return splitTypes(strings.Join(expanded, ","))
}

// mapping is what the server calls a type: its resource, with or without
// version and group, short or not, or its kind.
//
// Where the server can't be asked, each question is tried, and logged, anew: it
// asks as often as kubectl does.
func (b *Builder) mapping(name string) (*meta.RESTMapping, error) {
	mapper, err := b.needs.Mapper()
	if err != nil {
		return nil, err
	}
	withVersion, resource := schema.ParseResourceArg(name)
	kind := schema.GroupVersionKind{}
	if withVersion != nil {
		kind, _ = mapper.KindFor(*withVersion)
	}
	if kind.Empty() {
		kind, _ = mapper.KindFor(resource.WithVersion(""))
	}
	if !kind.Empty() {
		return mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	return mappingOfKind(mapper, name, resource)
}

func mappingOfKind(mapper meta.RESTMapper, name string, resource schema.GroupResource) (*meta.RESTMapping, error) {
	kind, group := schema.ParseKindArg(name)
	if kind == nil {
		kind = &schema.GroupVersionKind{Group: group.Group, Kind: group.Kind}
	}
	if !kind.Empty() {
		if mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			return mapping, nil
		}
	}
	mapping, err := mapper.RESTMapping(group, "")
	switch {
	case !meta.IsNoMatchError(err):
		return mapping, err
	case resource.Group != "":
		return nil, fmt.Errorf("the server doesn't have a resource type %q in group %q", resource.Resource, resource.Group)
	}
	return nil, fmt.Errorf("the server doesn't have a resource type %q", resource.Resource)
}

// typeMappings are the types that were given, each once.
func (b *Builder) typeMappings() ([]*meta.RESTMapping, error) {
	if len(b.types) > 1 && b.singleType {
		return nil, errSeveralTypes
	}
	var mappings []*meta.RESTMapping
	seen := map[schema.GroupVersionKind]bool{}
	for _, name := range b.types {
		mapping, err := b.mapping(name)
		if err != nil {
			return nil, err
		}
		if !seen[mapping.GroupVersionKind] {
			seen[mapping.GroupVersionKind] = true
			mappings = append(mappings, mapping)
		}
	}
	return mappings, nil
}

// objectMappings are the types of the objects given as TYPE/NAME, by what they
// were called.
func (b *Builder) objectMappings() (map[string]*meta.RESTMapping, error) {
	mappings := map[string]*meta.RESTMapping{}
	resources := map[schema.GroupVersionResource]bool{}
	for _, object := range b.objects {
		if mappings[object.kind] != nil {
			continue
		}
		mapping, err := b.mapping(object.kind)
		if err != nil {
			return nil, err
		}
		mappings[object.kind] = mapping
		resources[mapping.Resource] = true
	}
	if len(resources) > 1 && b.singleType {
		return nil, errSeveralTypes
	}
	return mappings, nil
}

// namespaceOf is where to look for objects of a type by their names.
func (b *Builder) namespaceOf(mapping *meta.RESTMapping) (string, error) {
	switch {
	case !isNamespaced(mapping):
		return "", nil
	case b.namespace != "":
		return b.namespace, nil
	case b.allNamespaces:
		return "", errors.New("a resource cannot be retrieved by name across all namespaces")
	}
	return "", errors.New("namespace may not be empty when retrieving a resource by name")
}
