package tree

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/health"
)

var now = time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)

// graphOf is a graph of widgets, each given as its name and those of its
// owners.
func graphOf(widgets map[string][]string) *graph {
	g := &graph{nodes: map[types.UID]*node{}}
	for name, owners := range widgets {
		id := identity{kind: "Widget", name: name, uid: types.UID(name), created: metav1.NewTime(now.Add(-time.Minute))}
		for _, owner := range owners {
			id.owners = append(id.owners, metav1.OwnerReference{UID: types.UID(owner)})
		}
		g.add(id).health = health.Health{State: health.Ready}
	}
	return g
}

func TestTreesOf(t *testing.T) {
	g := graphOf(map[string][]string{
		"top":     nil,
		"other":   nil,
		"middle":  {"top", "other"},
		"sibling": {"top"},
		"leaf-1":  {"middle"},
		"leaf-2":  {"middle"},
		"ring-1":  {"ring-2"},
		"ring-2":  {"ring-1"},
	})
	for _, tt := range []struct{ asked, want string }{
		{"top", "top\n├─middle\n│ ├─leaf-1\n│ └─leaf-2\n└─sibling\n"},
		{"middle", "top\n└─middle\n  ├─leaf-1\n  └─leaf-2\nother\n└─middle\n  ├─leaf-1\n  └─leaf-2\n"},
		{"leaf-1", "top\n└─middle\n  └─leaf-1\nother\n└─middle\n  └─leaf-1\n"},
		{"ring-1", "ring-2\n└─ring-1\n  └─ring-2\n"},
	} {
		require.Equal(t, tt.want, namesOf(g.treesOf(g.nodes[types.UID(tt.asked)])), tt.asked)
	}
}

// namesOf are the names of trees with their branches.
func namesOf(roots []*node) string {
	text := ""
	for _, root := range roots {
		root.walk(func(n *node, branch string) { text += branch + n.name + "\n" })
	}
	return text
}

func TestDistinct(t *testing.T) {
	g := graphOf(map[string][]string{"top": nil, "a": {"top"}, "b": {"top"}})
	whole, part := g.treesOf(g.nodes["top"]), g.treesOf(g.nodes["a"])
	require.Equal(t, whole, distinct(append(whole, part...)))
	require.Len(t, distinct(append(part, whole...)), 2)
}

func TestWrite(t *testing.T) {
	child := &node{identity: identity{kind: "Pod", namespace: "default", name: "web-1", created: metav1.NewTime(now.Add(-time.Minute))}}
	root := &node{identity: identity{kind: "App", name: "web"}, gone: true, children: []*node{child}}
	var out bytes.Buffer
	require.NoError(t, write(&out, now, []*node{root}))
	require.Equal(t, `NAMESPACE   NAME          STATE     REASON   AGE
            App/web       Gone      -        <unknown>
default     └─Pod/web-1   Unknown   -        60s
`, out.String())
}
