// Package customresource makes kinds of CustomResourceDefinitions at run time:
// schema, pruning, defaults, validation, rules in CEL, subresources, columns
// and versions, by the same code that Kubernetes uses for them
// (k8s.io/apiextensions-apiserver). It also has the decisions that settle a
// definition's status.
//
// Everything here is a pure function of its arguments: the package knows no
// store and no clock, and it must not import controllers or the API server.
package customresource

import (
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// NewKind makes the kind that a definition declares, under the names that have
// been accepted. The definition must be valid, and must not change afterwards.
//
// Objects are of type *unstructured.Unstructured. They are prepared as the
// storage version says; other versions differ in how they are shown, and in
// their schema: its fields, defaults and rules. ask is for definitions whose
// versions a webhook converts; nil: there is nobody to ask.
func NewKind(crd *apiextensionsv1.CustomResourceDefinition, ask Ask) (*resources.Kind, error) {
	names := crd.Status.AcceptedNames
	if names.Plural == "" || names.Kind == "" {
		return nil, fmt.Errorf("CustomResourceDefinition %s: no names have been accepted yet", crd.Name)
	}
	versions, err := compile(crd)
	if err != nil {
		return nil, fmt.Errorf("CustomResourceDefinition %s: %w", crd.Name, err)
	}
	stored := versions[0]
	selectable, err := newSelectable(stored.declared.SelectableFields)
	if err != nil {
		return nil, fmt.Errorf("CustomResourceDefinition %s: %w", crd.Name, err)
	}
	kind := &resources.Kind{
		Name:         names.Kind,
		Resource:     names.Plural,
		Singular:     names.Singular,
		ShortNames:   names.ShortNames,
		Categories:   names.Categories,
		Namespaced:   crd.Spec.Scope == apiextensionsv1.NamespaceScoped,
		Verbs:        resources.AllVerbs,
		Strategy:     stored.strategy(),
		Table:        stored.table,
		Subresources: stored.subresources(),
		Custom:       &resources.Custom{Definition: crd},
	}
	if len(selectable) > 0 {
		kind.Fields = func(obj store.Object) fields.Set { return selectable.of(obj.(*unstructured.Unstructured)) }
	}
	for _, v := range versions {
		kind.Versions = append(kind.Versions, v.resourceVersion(crd, stored, ask))
	}
	return kind, nil
}

// compile compiles the versions that are served or stored: the stored one
// first, then the others by their priority.
func compile(crd *apiextensionsv1.CustomResourceDefinition) ([]*customVersion, error) {
	declared := slices.Clone(crd.Spec.Versions)
	slices.SortStableFunc(declared, func(a, b apiextensionsv1.CustomResourceDefinitionVersion) int {
		if a.Storage != b.Storage {
			return map[bool]int{true: -1, false: 1}[a.Storage]
		}
		return version.CompareKubeAwareVersionStrings(b.Name, a.Name)
	})
	var versions []*customVersion
	for i := range declared {
		if !declared[i].Served && !declared[i].Storage {
			continue
		}
		v, err := compileVersion(crd, &declared[i])
		if err != nil {
			return nil, fmt.Errorf("version %s: %w", declared[i].Name, err)
		}
		versions = append(versions, v)
	}
	if len(versions) == 0 || !versions[0].declared.Storage {
		return nil, fmt.Errorf("no storage version")
	}
	return versions, nil
}

// resourceVersion is what the API server needs to know of a version.
func (v *customVersion) resourceVersion(crd *apiextensionsv1.CustomResourceDefinition, stored *customVersion, ask Ask) resources.Version {
	listKind := v.gvk.GroupVersion().WithKind(crd.Status.AcceptedNames.ListKind)
	served := resources.Version{
		GroupVersion: v.gvk.GroupVersion(),
		New: func() store.Object {
			u := &unstructured.Unstructured{Object: map[string]any{}}
			u.SetGroupVersionKind(v.gvk)
			return u
		},
		NewList: func() runtime.Object {
			list := &unstructured.UnstructuredList{Object: map[string]any{}}
			list.SetGroupVersionKind(listKind)
			return list
		},
		Default:    func(obj store.Object) { v.setDefaults(obj.(*unstructured.Unstructured)) },
		Validate:   v.validateStored,
		Prune:      func(obj store.Object) ([]string, error) { return v.prune(obj.(*unstructured.Unstructured)) },
		Unserved:   !v.declared.Served,
		Deprecated: deprecation(crd, v.declared),
	}
	if v != stored {
		convert := converter(crd, ask)
		served.Table = &v.table
		served.ToStorage = func(obj store.Object) (store.Object, error) { return convert(obj, stored) }
		served.FromStorage = func(obj store.Object) (store.Object, error) { return convert.withDefaults(obj, v) }
		served.Validate = func(obj, old store.Object) field.ErrorList { return v.validateConverted(obj, old, served.FromStorage) }
	}
	return served
}

// deprecation is the warning for using a version, "" for none.
func deprecation(crd *apiextensionsv1.CustomResourceDefinition, v *apiextensionsv1.CustomResourceDefinitionVersion) string {
	if !v.Deprecated {
		return ""
	}
	if v.DeprecationWarning != nil {
		return *v.DeprecationWarning
	}
	kind := crd.Spec.Names.Kind
	warning := fmt.Sprintf("%s/%s %s is deprecated", crd.Spec.Group, v.Name, kind)
	best := v.Name
	for _, other := range crd.Spec.Versions {
		if other.Served && !other.Deprecated && version.CompareKubeAwareVersionStrings(best, other.Name) < 0 {
			best = other.Name
		}
	}
	if best != v.Name {
		warning += fmt.Sprintf("; use %s/%s %s", crd.Spec.Group, best, kind)
	}
	return warning
}

// pathOf splits a simple JSON path: ".spec.replicas".
func pathOf(jsonPath string) []string {
	return strings.Split(strings.TrimPrefix(jsonPath, "."), ".")
}

// kindOf is the kind of a version's objects.
func kindOf(crd *apiextensionsv1.CustomResourceDefinition, v string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: crd.Spec.Group, Version: v, Kind: crd.Status.AcceptedNames.Kind}
}
