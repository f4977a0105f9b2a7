// Package scale reads and sets the number of replicas of whatever has some,
// custom resources included, by what their kinds say of their scale
// subresource.
package scale

import (
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Target is an object with replicas.
type Target struct {
	Object store.Object
	// Scale is its size, wanted and actual, and the selector of its pods.
	Scale *autoscalingv1.Scale

	scale *resources.Scale
}

// Find returns an object with its scale. It fails with NotFound where the
// object or its kind is not there.
func Find(c *client.Client, gk schema.GroupKind, namespace, name string) (*Target, error) {
	k := c.Registry.Kinds().ByKind(gk)
	if k == nil {
		return nil, fmt.Errorf("no matches for kind %q in group %q", gk.Kind, gk.Group)
	}
	item := c.Registry.Store.Get(k.GroupResource(), namespace, name)
	if item == nil {
		return nil, apierrors.NewNotFound(k.GroupResource(), name)
	}
	sub := k.Subresources["scale"]
	if sub == nil || sub.Scale == nil {
		return nil, fmt.Errorf("%s does not implement the scale subresource", k.GroupResource())
	}
	size, err := sub.Scale.Get(item.Object)
	if err != nil {
		return nil, err
	}
	return &Target{Object: item.Object, Scale: size, scale: sub.Scale}, nil
}

// Set asks for another number of replicas.
func (t *Target) Set(c *client.Client, replicas int32) error {
	next := t.Object.DeepCopyObject().(store.Object)
	if err := t.scale.Set(next, replicas); err != nil {
		return err
	}
	_, err := client.UpdatePart(c, next, "scale")
	return err
}
