// Package customresourcedefinition serves the kinds that
// CustomResourceDefinitions declare: it settles their names, puts the kinds
// into the registry, and empties a deleted one before it lets it go.
//
// The kinds that are served follow from the definitions that are stored, so
// there is nothing to keep beside them.
package customresourcedefinition

import (
	"fmt"
	"slices"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/customresource"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Definitions is the resource that the controller follows.
var Definitions = schema.GroupResource{Group: apiextensionsv1.GroupName, Resource: "customresourcedefinitions"}

// cleanupRetry is how often the objects of a deleted definition are deleted
// again while some remain.
const cleanupRetry = 5 * time.Second

type definition = apiextensionsv1.CustomResourceDefinition

type controller struct {
	client   *client.Client
	registry *registry.Registry
	ask      customresource.Ask
}

// Run adds the controller to the loop. Beside the definitions it follows the
// deletion of custom objects, to see when the last one has gone. ask is how
// conversion webhooks are asked.
func Run(r *registry.Registry, ask customresource.Ask) {
	c := &controller{
		client:   client.ForUser(r, "kube-apiserver", "system:apiserver", "system:masters"),
		registry: r, ask: ask,
	}
	id := controllers.Run(r, &controllers.Controller{
		Name:      "customresourcedefinition-controller",
		Watches:   []controllers.Watch{{Resource: Definitions, Keys: c.affected}},
		Reconcile: c.reconcile,
	})
	r.Store.FollowAll(func(ev store.Event) {
		if ev.Type != store.Deleted {
			return
		}
		k := r.Kinds().ByResource(ev.Resource())
		if k != nil && k.Custom != nil && customresource.NeedsCleanup(k.Custom.Definition) {
			r.Loop.Enqueue(id, loop.Key{Name: ev.Resource().String()})
		}
	})
}

// affected are the definition of an event and those that may want names that
// it has given up.
func (c *controller) affected(ev store.Event) []loop.Key {
	keys := []loop.Key{controllers.KeyOf(ev.Item.Object)}
	group := ev.Item.Object.(*definition).Spec.Group
	for _, other := range client.List[*definition](c.client, "", nil) {
		if other.Spec.Group == group && !equality.Semantic.DeepEqual(other.Spec.Names, other.Status.AcceptedNames) {
			keys = append(keys, controllers.KeyOf(other))
		}
	}
	return keys
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	crd, ok := client.Get[*definition](c.client, "", key.Name)
	if !ok {
		resource := schema.ParseGroupResource(key.Name)
		c.registry.SetKinds(c.registry.Kinds().Without(resource))
		c.registry.Store.EndWatches(resource)
		return controllers.Result{}, nil
	}
	if customresource.NeedsCleanup(crd) {
		return c.cleanUp(crd)
	}
	crd, err := c.settle(crd)
	if err != nil || !served(crd) {
		return controllers.Result{}, err
	}
	if err := c.serve(crd); err != nil {
		return controllers.Result{}, err
	}
	_, err = c.updateStatus(crd, customresource.Establish(crd, c.now()))
	return controllers.Result{}, err
}

// settle decides on the names of a definition, and notes what there is to say
// about it.
func (c *controller) settle(crd *definition) (*definition, error) {
	next := customresource.JudgeApproval(crd, c.now())
	next = customresource.AcceptNames(next, client.List[*definition](c.client, "", nil), c.now())
	return c.updateStatus(crd, next)
}

// served reports whether the objects of a definition can be asked for: it is
// established, or about to be.
func served(crd *definition) bool {
	return customresource.Established(crd) || slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.NamesAccepted && c.Status == apiextensionsv1.ConditionTrue
	})
}

// serve puts the kind of a definition into the registry, unless the one that
// is there was made of the same. Watches of a kind that has become another end.
func (c *controller) serve(crd *definition) error {
	kinds, resource := c.registry.Kinds(), schema.ParseGroupResource(crd.Name)
	if k := kinds.ByResource(resource); k != nil && k.Custom != nil {
		before := k.Custom.Definition
		if sameKind(before, crd) {
			return nil
		}
		if before.UID != crd.UID || !equality.Semantic.DeepEqual(before.Spec, crd.Spec) {
			c.registry.Store.EndWatches(resource)
		}
	}
	kind, err := customresource.NewKind(crd, c.ask)
	if err != nil {
		return err
	}
	c.registry.SetKinds(kinds.With(kind))
	return nil
}

// sameKind reports whether two states of a definition make the same kind.
func sameKind(a, b *definition) bool {
	return a.UID == b.UID && a.Generation == b.Generation && a.DeletionTimestamp.Equal(b.DeletionTimestamp) &&
		equality.Semantic.DeepEqual(a.Status.AcceptedNames, b.Status.AcceptedNames)
}

// cleanUp deletes the objects of a deleted definition, and lets it go when
// none is left.
func (c *controller) cleanUp(crd *definition) (controllers.Result, error) {
	crd, err := c.updateStatus(crd, customresource.BeginCleanup(crd, c.now()))
	if err != nil {
		return controllers.Result{}, err
	}
	if customresource.Established(crd) {
		if err := c.serve(crd); err != nil {
			return controllers.Result{}, err
		}
		if err := c.deleteObjects(crd); err != nil {
			return controllers.Result{}, err
		}
		if len(c.objects(crd)) > 0 {
			return controllers.Result{After: cleanupRetry}, nil
		}
	}
	return controllers.Result{}, c.finish(crd)
}

// finish notes that a definition has no objects left, and takes away the
// finalizer that kept it.
func (c *controller) finish(crd *definition) error {
	done := customresource.FinishCleanup(crd, c.now())
	finalizers := done.Finalizers
	current, err := c.updateStatus(crd, done)
	if err != nil {
		return err
	}
	next := current.DeepCopy()
	next.Finalizers = finalizers
	_, err = client.Update(c.client, next)
	return err
}

func (c *controller) deleteObjects(crd *definition) error {
	var failures []string
	for _, obj := range c.objects(crd) {
		if obj.GetDeletionTimestamp() != nil {
			continue
		}
		if err := c.client.Delete(obj, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			failures = append(failures, err.Error())
		}
	}
	if len(failures) > 0 {
		return fmt.Errorf("delete objects of %s: %s", crd.Name, strings.Join(failures, ", "))
	}
	return nil
}

func (c *controller) objects(crd *definition) []store.Object {
	var list []store.Object
	c.registry.Store.Scan(schema.ParseGroupResource(crd.Name), "", func(item *store.Item) bool {
		list = append(list, item.Object)
		return true
	})
	return list
}

// updateStatus writes the status of a definition if it has changed, and
// returns the definition as it is then.
func (c *controller) updateStatus(crd, next *definition) (*definition, error) {
	if next == crd {
		return crd, nil
	}
	return client.UpdateStatus(c.client, next.DeepCopy())
}

func (c *controller) now() metav1.Time {
	return metav1.NewTime(c.registry.Loop.Now().Truncate(time.Second))
}
