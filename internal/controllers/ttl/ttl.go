// Package ttl tells kubelets, by an annotation of their nodes, for how long they
// may keep what they have read of Secrets and ConfigMaps: the longer, the more
// nodes there are.
package ttl

import (
	"math"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

// step is a size of cluster, in nodes, and the seconds that go with it. Steps
// overlap, so that a node that comes and goes does not change all others.
type step struct{ from, to, seconds int }

var steps = []step{
	{0, 100, 0}, {90, 500, 15}, {450, 1000, 30}, {900, 2000, 60}, {1800, math.MaxInt, 300},
}

type controller struct {
	client *client.Client
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	c := &controller{client: client.ForServiceAccount(r, "ttl-controller")}
	return &controllers.Controller{
		Name:      "ttl-controller",
		Watches:   []controllers.Watch{controllers.Each(schema.GroupResource{Resource: "nodes"})},
		Reconcile: c.reconcile,
	}
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	node, ok := client.Get[*corev1.Node](c.client, "", key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	count := c.client.Registry.Store.Len(schema.GroupResource{Resource: "nodes"})
	have := node.Annotations[corev1.ObjectTTLAnnotationKey]
	want := secondsFor(count, have)
	if have == want {
		return controllers.Result{}, nil
	}
	node = node.DeepCopy()
	if node.Annotations == nil {
		node.Annotations = map[string]string{}
	}
	node.Annotations[corev1.ObjectTTLAnnotationKey] = want
	_, err := client.Update(c.client, node)
	return controllers.Result{}, err
}

// secondsFor is what a node says in a cluster of so many, as it does now for as
// long as that fits.
func secondsFor(nodes int, now string) string {
	var fitting []string
	for _, s := range steps {
		if s.from <= nodes && nodes <= s.to {
			fitting = append(fitting, strconv.Itoa(s.seconds))
		}
	}
	if slices.Contains(fitting, now) {
		return now
	}
	return fitting[0]
}
