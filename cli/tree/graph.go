package tree

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/resource"
)

// identity is what an object's metadata say.
type identity struct {
	resource        schema.GroupVersionResource
	kind            string
	namespace, name string
	uid             types.UID
	owners          []metav1.OwnerReference
	created         metav1.Time
}

func identityOf(info *resource.Info) identity {
	object := info.Object.(metav1.Object)
	return identityIn(info.Mapping.Resource, info.Mapping.GroupVersionKind.Kind, object)
}

func identityIn(resource schema.GroupVersionResource, kind string, object metav1.Object) identity {
	return identity{
		resource: resource, kind: kind, namespace: object.GetNamespace(), name: object.GetName(), uid: object.GetUID(),
		owners: object.GetOwnerReferences(), created: object.GetCreationTimestamp(),
	}
}

// node is an object in the graph.
type node struct {
	identity
	gone     bool // An owner that is referred to, but does not exist.
	children []*node
	health   health.Health
}

// graph are objects by their UIDs.
type graph struct {
	nodes map[types.UID]*node
}

// add returns the object's node, which is made unless it is there.
func (g *graph) add(id identity) *node {
	if n := g.nodes[id.uid]; n != nil {
		return n
	}
	n := &node{identity: id}
	g.nodes[id.uid] = n
	return n
}

// dependents are the nodes that name n as an owner, by kind and name.
func (g *graph) dependents(n *node) []*node {
	var found []*node
	for _, other := range g.nodes {
		if slices.ContainsFunc(other.owners, func(o metav1.OwnerReference) bool { return o.UID == n.uid }) {
			found = append(found, other)
		}
	}
	slices.SortFunc(found, func(a, b *node) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	return found
}

func (n *node) sortKey() string { return n.kind + "\x00" + n.namespace + "\x00" + n.name }

// treesOf are the trees with an object in them, one for each of its topmost
// owners. On the way down to the object there is nothing but its owners, below
// it are all its dependents.
func (g *graph) treesOf(asked *node) []*node {
	below := g.subtree(asked, map[types.UID]bool{})
	return g.ascend(below, map[types.UID]bool{asked.uid: true})
}

// subtree is a copy of n with its dependents below it. Those in above are left
// out, should references go in a circle.
func (g *graph) subtree(n *node, above map[types.UID]bool) *node {
	tree := &node{identity: n.identity}
	above[n.uid] = true
	for _, child := range g.dependents(n) {
		if !above[child.uid] {
			tree.children = append(tree.children, g.subtree(child, above))
		}
	}
	delete(above, n.uid)
	return tree
}

// ascend puts a tree below its owners.
func (g *graph) ascend(tree *node, seen map[types.UID]bool) []*node {
	var roots []*node
	for _, reference := range tree.owners {
		owner := g.nodes[reference.UID]
		if owner == nil || seen[owner.uid] {
			continue
		}
		above := &node{identity: owner.identity, gone: owner.gone, children: []*node{tree}}
		seen[owner.uid] = true
		roots = append(roots, g.ascend(above, seen)...)
		delete(seen, owner.uid)
	}
	if roots == nil {
		return []*node{tree}
	}
	return roots
}

// distinct leaves out trees that are part of one that came before, as when a
// deployment and its pod were asked for.
func distinct(roots []*node) []*node {
	var kept []*node
	for _, root := range roots {
		if !slices.ContainsFunc(kept, func(other *node) bool { return other.covers(root) }) {
			kept = append(kept, root)
		}
	}
	return kept
}

// covers says whether all of the other tree is in n's.
func (n *node) covers(other *node) bool {
	if n.uid != other.uid {
		return false
	}
	for _, child := range other.children {
		if !slices.ContainsFunc(n.children, func(own *node) bool { return own.covers(child) }) {
			return false
		}
	}
	return true
}
