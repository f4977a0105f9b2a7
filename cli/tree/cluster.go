package tree

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/kinds"
)

// few is how many objects of a kind are read one by one; of more the whole
// list is read.
const few = 2

// cluster reads objects: first the metadata of all, then all of those that
// are shown.
type cluster struct {
	metadata metadata.Interface
	objects  dynamic.Interface
	mapper   meta.RESTMapper
}

func newCluster(f *factory.Factory, mapper meta.RESTMapper) (*cluster, error) {
	c := &cluster{mapper: mapper}
	var err error
	if c.metadata, err = kinds.Metadata(f); err != nil {
		return nil, err
	}
	c.objects, err = f.Dynamic()
	return c, err
}

// read reads the metadata of what can be a dependent of objects in a
// namespace, or of any if it is empty. Kinds that can not be read are errors.
func (c *cluster) read(ctx context.Context, resources []kinds.Resource, namespace string) (*graph, []error) {
	g := &graph{nodes: map[types.UID]*node{}}
	var mu sync.Mutex
	errs := kinds.ForEach(ctx, resources, func(ctx context.Context, r kinds.Resource) error {
		if r.Kind == "Event" || namespace != "" && !r.Namespaced {
			return nil
		}
		return kinds.Each(ctx, c.metadata, r, namespace, func(object *metav1.PartialObjectMetadata) {
			mu.Lock()
			defer mu.Unlock()
			g.add(identityIn(r.GroupVersionResource, r.Kind, object))
		})
	})
	return g, errs
}

// findOwners adds owners that the graph lacks: those without a namespace, and
// those that are gone.
func (c *cluster) findOwners(ctx context.Context, g *graph, n *node) {
	for _, reference := range n.owners {
		owner := g.nodes[reference.UID]
		if owner == nil {
			owner = c.owner(ctx, reference, n.namespace)
			g.nodes[reference.UID] = owner
		}
		if !owner.gone {
			c.findOwners(ctx, g, owner)
		}
	}
}

func (c *cluster) owner(ctx context.Context, reference metav1.OwnerReference, namespace string) *node {
	missing := &node{gone: true, identity: identity{kind: reference.Kind, namespace: namespace, name: reference.Name, uid: reference.UID}}
	kind := schema.FromAPIVersionAndKind(reference.APIVersion, reference.Kind)
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return missing
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		namespace = ""
	}
	object, err := c.metadata.Resource(mapping.Resource).Namespace(namespace).Get(ctx, reference.Name, metav1.GetOptions{})
	if err != nil || object.UID != reference.UID {
		return missing
	}
	return &node{identity: identityIn(mapping.Resource, kind.Kind, object)}
}

// judge fills in the health of all nodes below roots.
func (c *cluster) judge(ctx context.Context, roots []*node) {
	type place struct {
		resource  schema.GroupVersionResource
		namespace string
	}
	places := map[place][]*node{}
	for _, root := range roots {
		root.walk(func(n *node, _ string) {
			if !n.gone {
				at := place{n.resource, n.namespace}
				places[at] = append(places[at], n)
			}
		})
	}
	for at, nodes := range places {
		healths := c.healths(ctx, c.objects.Resource(at.resource).Namespace(at.namespace), nodes)
		for _, n := range nodes {
			n.health = healths[n.uid]
		}
	}
}

// healths reads objects of one kind and namespace. Those that can not be read
// have none.
func (c *cluster) healths(ctx context.Context, client dynamic.ResourceInterface, nodes []*node) map[types.UID]health.Health {
	found := map[types.UID]health.Health{}
	if len(nodes) <= few {
		for _, n := range nodes {
			if object, err := client.Get(ctx, n.name, metav1.GetOptions{}); err == nil {
				found[object.GetUID()] = health.Of(object)
			}
		}
		return found
	}
	list, err := client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return found
	}
	_ = list.EachListItem(func(item runtime.Object) error {
		object := item.(*unstructured.Unstructured)
		found[object.GetUID()] = health.Of(object)
		return nil
	})
	return found
}
