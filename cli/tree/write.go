package tree

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
)

// write prints trees as a table.
func write(out io.Writer, now time.Time, roots []*node) error {
	w := printers.GetNewTabWriter(out)
	t := &table{w: w, now: now, withNamespace: severalNamespaces(roots, roots[0].namespace)}
	if t.withNamespace {
		fmt.Fprint(w, "NAMESPACE\t")
	}
	fmt.Fprint(w, "NAME\tSTATE\tREASON\tAGE\n")
	for _, root := range roots {
		root.walk(t.row)
	}
	return w.Flush()
}

type table struct {
	w             io.Writer
	now           time.Time
	withNamespace bool
}

func (t *table) row(n *node, branch string) {
	state, age := string(n.health.State), "<unknown>"
	if n.gone {
		state = "Gone"
	}
	if !n.created.IsZero() {
		age = duration.HumanDuration(t.now.Sub(n.created.Time))
	}
	if t.withNamespace {
		fmt.Fprintf(t.w, "%s\t", n.namespace)
	}
	fmt.Fprintf(t.w, "%s%s/%s\t%s\t%s\t%s\n", branch, n.kind, n.name, cmp.Or(state, "Unknown"), cmp.Or(n.health.Reason, "-"), age)
}

// walk visits n and all below it, each with the branch that leads to it.
func (n *node) walk(visit func(n *node, branch string)) { n.walkFrom("", "", visit) }

// walkFrom is walk for a node whose children's branches begin with margin.
func (n *node) walkFrom(branch, margin string, visit func(n *node, branch string)) {
	visit(n, branch)
	for i, child := range n.children {
		if i == len(n.children)-1 {
			child.walkFrom(margin+"└─", margin+"  ", visit)
		} else {
			child.walkFrom(margin+"├─", margin+"│ ", visit)
		}
	}
}

func severalNamespaces(nodes []*node, namespace string) bool {
	for _, n := range nodes {
		if n.namespace != namespace || severalNamespaces(n.children, namespace) {
			return true
		}
	}
	return false
}
