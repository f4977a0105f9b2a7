// Package prune finds objects that were applied once and are in no
// configuration any more, for apply --prune and diff --prune.
package prune

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/runlog"
)

// kind is a kind that is looked through.
type kind struct {
	group, version, name string
	namespaced           bool
}

func (k kind) String() string {
	return fmt.Sprintf("%v/%v, Kind=%v, Namespaced=%v", k.group, k.version, k.name, k.namespaced)
}

// defaults are the kinds looked through unless others are named.
func defaults() []kind {
	return []kind{
		{"", "v1", "ConfigMap", true},
		{"", "v1", "Endpoints", true},
		{"", "v1", "PersistentVolumeClaim", true},
		{"", "v1", "Pod", true},
		{"", "v1", "ReplicationController", true},
		{"", "v1", "Secret", true},
		{"", "v1", "Service", true},
		{"batch", "v1", "Job", true},
		{"batch", "v1", "CronJob", true},
		{"networking.k8s.io", "v1", "Ingress", true},
		{"apps", "v1", "DaemonSet", true},
		{"apps", "v1", "Deployment", true},
		{"apps", "v1", "ReplicaSet", true},
		{"apps", "v1", "StatefulSet", true},
		{"", "v1", "Namespace", false},
		{"", "v1", "PersistentVolume", false},
	}
}

// Finder finds the objects. It must have been told of every object of the
// configuration first.
type Finder struct {
	Mapper   meta.RESTMapper
	Client   dynamic.Interface
	Selector string

	kinds      []kind
	usual      bool // whether kinds are the usual ones
	errOut     io.Writer
	applied    map[types.UID]bool
	namespaces map[string]bool
}

// NewFinder looks through the kinds of an allowlist of group/version/kind, or
// of the usual ones if it is empty. That is warned of, since it will change.
func NewFinder(mapper meta.RESTMapper, client dynamic.Interface, selector string, allowlist []string, errOut io.Writer) (*Finder, error) {
	kinds, err := parse(mapper, allowlist)
	if err != nil {
		return nil, err
	}
	return &Finder{
		Mapper: mapper, Client: client, Selector: selector,
		kinds: kinds, usual: len(allowlist) == 0, errOut: errOut, applied: map[types.UID]bool{}, namespaces: map[string]bool{},
	}, nil
}

func parse(mapper meta.RESTMapper, allowlist []string) ([]kind, error) {
	if len(allowlist) == 0 {
		return defaults(), nil
	}
	var kinds []kind
	for _, entry := range allowlist {
		parts := strings.Split(entry, "/")
		if len(parts) != 3 {
			return nil, fmt.Errorf("invalid GroupVersionKind format: %v, please follow <group/version/kind>", entry)
		}
		if parts[0] == "core" {
			parts[0] = ""
		}
		mapping, err := mapper.RESTMapping(schema.GroupKind{Group: parts[0], Kind: parts[2]}, parts[1])
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, kind{parts[0], parts[1], parts[2], mapping.Scope.Name() == meta.RESTScopeNameNamespace})
	}
	return kinds, nil
}

// VisitNamespace adds a namespace to look through.
func (f *Finder) VisitNamespace(namespace string) { f.namespaces[namespace] = true }

// Visit keeps an object of the configuration; its namespace is looked through.
func (f *Finder) Visit(info *resource.Info) {
	if info.Namespaced() {
		f.VisitNamespace(info.Namespace)
	}
	if accessor, err := meta.Accessor(info.Object); err == nil {
		f.applied[accessor.GetUID()] = true
	}
}

// Each calls do for every object that is to go, namespace by namespace, kind
// by kind.
func (f *Finder) Each(ctx context.Context, do func(*meta.RESTMapping, *unstructured.Unstructured) error) error {
	if f.usual {
		runlog.Warning(f.errOut, "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.")
	}
	var namespaced, others []*meta.RESTMapping
	for _, k := range f.kinds {
		mapping, err := f.Mapper.RESTMapping(schema.GroupKind{Group: k.group, Kind: k.name}, k.version)
		if err != nil {
			return fmt.Errorf("error retrieving RESTMappings to prune: invalid resource %v: %v", k, err)
		}
		if k.namespaced {
			namespaced = append(namespaced, mapping)
		} else {
			others = append(others, mapping)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(f.namespaces)) {
		for _, mapping := range namespaced {
			if err := f.eachOf(ctx, namespace, mapping, do); err != nil {
				return fmt.Errorf("error pruning namespaced object %v: %v", mapping.GroupVersionKind, err)
			}
		}
	}
	for _, mapping := range others {
		if err := f.eachOf(ctx, metav1.NamespaceNone, mapping, do); err != nil {
			return fmt.Errorf("error pruning nonNamespaced object %v: %v", mapping.GroupVersionKind, err)
		}
	}
	return nil
}

func (f *Finder) eachOf(ctx context.Context, namespace string, mapping *meta.RESTMapping, do func(*meta.RESTMapping, *unstructured.Unstructured) error) error {
	list, err := f.Client.Resource(mapping.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: f.Selector})
	if err != nil {
		return err
	}
	for i := range list.Items {
		object := &list.Items[i]
		if _, kept := object.GetAnnotations()[lastapplied.Annotation]; !kept || f.applied[object.GetUID()] {
			continue
		}
		if err := do(mapping, object); err != nil {
			return err
		}
	}
	return nil
}
