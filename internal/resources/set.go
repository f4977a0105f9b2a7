package resources

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Set is the kinds that a cluster serves. It is a value: adding and removing
// custom kinds makes a new Set, so that readers need no lock.
type Set struct {
	kinds      []*Kind
	byResource map[schema.GroupResource]*Kind
	byKind     map[schema.GroupKind]*Kind
	byType     map[reflect.Type]*Kind
}

// NewSet returns a set of kinds, ordered by group and resource.
func NewSet(kinds ...*Kind) *Set {
	s := &Set{
		kinds:      slices.Clone(kinds),
		byResource: map[schema.GroupResource]*Kind{},
		byKind:     map[schema.GroupKind]*Kind{},
		byType:     map[reflect.Type]*Kind{},
	}
	slices.SortFunc(s.kinds, func(a, b *Kind) int {
		return strings.Compare(a.Versions[0].Group+"/"+a.Resource, b.Versions[0].Group+"/"+b.Resource)
	})
	for _, k := range s.kinds {
		if k.Custom == nil {
			s.byType[reflect.TypeOf(k.Storage().New())] = k
		}
		for _, v := range k.Versions {
			s.byResource[schema.GroupResource{Group: v.Group, Resource: k.Resource}] = k
			s.byKind[schema.GroupKind{Group: v.Group, Kind: k.Name}] = k
		}
	}
	return s
}

// All returns the kinds, ordered by group and resource.
func (s *Set) All() []*Kind { return s.kinds }

// ByResource finds a kind by a group that serves it and its resource name.
func (s *Set) ByResource(gr schema.GroupResource) *Kind { return s.byResource[gr] }

// ByKind finds a kind by a group that serves it and its name.
func (s *Set) ByKind(gk schema.GroupKind) *Kind { return s.byKind[gk] }

// ByType finds a built-in kind by the Go type of its stored objects.
func (s *Set) ByType(t reflect.Type) *Kind { return s.byType[t] }

// With returns the set with a kind added, or put in the place of the one with
// the same resource.
func (s *Set) With(k *Kind) *Set {
	return NewSet(append(s.Without(k.GroupResource()).kinds, k)...)
}

// Without returns the set without a kind.
func (s *Set) Without(gr schema.GroupResource) *Set {
	return NewSet(slices.DeleteFunc(slices.Clone(s.kinds), func(k *Kind) bool { return k.GroupResource() == gr })...)
}
