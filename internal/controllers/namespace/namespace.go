// Package namespace empties namespaces that are being deleted and then lets
// them go.
package namespace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// grace is how long the controller waits after a deletion, so that everybody
// has heard that nothing may be created any more.
const grace = 5 * time.Second

// finalization is how long finalizers are thought to take.
const finalization = 15 * time.Second

var namespaces = schema.GroupResource{Resource: "namespaces"}

type controller struct {
	client   *client.Client
	registry *registry.Registry
}

// Run adds the namespace controller to the loop. It follows all resources, to
// see when the last object of a namespace has gone.
func Run(r *registry.Registry) {
	const name = "namespace-controller"
	c := &controller{client: client.ForServiceAccount(r, name), registry: r}
	id := controllers.Run(r, &controllers.Controller{
		Name:      name,
		Watches:   []controllers.Watch{controllers.Each(namespaces)},
		Reconcile: c.reconcile,
	})
	r.Store.FollowAll(func(ev store.Event) {
		if ev.Type != store.Deleted || ev.Item.Object.GetNamespace() == "" {
			return
		}
		ns, ok := client.Get[*corev1.Namespace](c.client, "", ev.Item.Object.GetNamespace())
		if ok && ns.DeletionTimestamp != nil {
			r.Loop.Enqueue(id, loop.Key{Name: ns.Name})
		}
	})
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	ns, ok := client.Get[*corev1.Namespace](c.client, "", key.Name)
	if !ok || ns.DeletionTimestamp == nil || !slices.Contains(ns.Spec.Finalizers, corev1.FinalizerKubernetes) {
		return controllers.Result{}, nil
	}
	if wait := ns.DeletionTimestamp.Add(grace).Sub(c.registry.Loop.Now()); wait > 0 {
		return controllers.Result{After: wait}, nil
	}
	left := c.empty(ns)
	if err := c.report(ns, left); err != nil {
		return controllers.Result{}, err
	}
	switch {
	case len(left.failures) > 0:
		return controllers.Result{After: grace}, nil
	case len(left.kinds) > 0:
		return controllers.Result{After: left.estimate/2 + time.Second}, nil
	}
	return controllers.Result{}, c.finalize(ns.Name)
}

// remains is what is left in a namespace.
type remains struct {
	kinds      map[string]int // by resource with group
	finalizers map[string]int
	failures   []string
	// estimate is how long it may be until it is gone, 0 for no idea.
	estimate time.Duration
	// podsFirst is set when there are still pods: all else has to wait for them.
	podsFirst bool
}

// empty deletes everything in a namespace, but nothing before the pods are gone,
// and returns what is still there.
func (c *controller) empty(ns *corev1.Namespace) remains {
	left := remains{kinds: map[string]int{}, finalizers: map[string]int{}}
	pods := client.KindOf[*corev1.Pod](c.client)
	c.emptyOf(pods, ns.Name, &left, c.gracePeriod(ns))
	if len(left.kinds) > 0 {
		left.podsFirst = true
		return left
	}
	for _, k := range c.registry.Kinds().All() {
		if k.Namespaced && k.Can("delete") && k != pods {
			c.emptyOf(k, ns.Name, &left, 0)
		}
	}
	return left
}

// gracePeriod is how long the pods of a namespace may take to end, 0 once they
// should have.
func (c *controller) gracePeriod(ns *corev1.Namespace) time.Duration {
	longest := time.Duration(0)
	for _, pod := range client.List[*corev1.Pod](c.client, ns.Name, nil) {
		if seconds := pod.Spec.TerminationGracePeriodSeconds; seconds != nil && !podcontrol.Finished(pod) {
			longest = max(longest, time.Duration(*seconds)*time.Second)
		}
	}
	if c.registry.Loop.Now().Sub(ns.DeletionTimestamp.Time) >= longest {
		return 0
	}
	return longest
}

// emptyOf deletes the objects of a kind, which may take as long as a period, and
// notes those that are left.
func (c *controller) emptyOf(k *resources.Kind, namespace string, left *remains, period time.Duration) {
	gr := k.GroupResource()
	for _, obj := range c.objects(gr, namespace) {
		err := c.client.Delete(obj, metav1.DeleteOptions{PropagationPolicy: background()})
		if err != nil && !apierrors.IsNotFound(err) {
			left.failures = append(left.failures, err.Error())
		}
	}
	rest := c.objects(gr, namespace)
	if len(rest) == 0 {
		return
	}
	left.kinds[gr.String()] = len(rest)
	finalizers := 0
	for _, obj := range rest {
		for _, f := range obj.GetFinalizers() {
			left.finalizers[f]++
			finalizers++
		}
	}
	switch {
	case period > 0:
		left.estimate = max(left.estimate, period)
	case finalizers > 0:
		left.estimate = max(left.estimate, finalization)
	default:
		left.failures = append(left.failures, fmt.Sprintf("unexpected items still remain in namespace: %s for gvr: %v", namespace, k.Storage().GroupVersion.WithResource(gr.Resource)))
	}
}

func background() *metav1.DeletionPropagation {
	p := metav1.DeletePropagationBackground
	return &p
}

func (c *controller) objects(gr schema.GroupResource, namespace string) []store.Object {
	var list []store.Object
	c.registry.Store.Scan(gr, namespace, func(item *store.Item) bool {
		list = append(list, item.Object)
		return true
	})
	return list
}

// report sets the conditions that say what keeps the namespace.
func (c *controller) report(ns *corev1.Namespace, left remains) error {
	now := metav1.NewTime(c.registry.Loop.Now().Truncate(time.Second))
	next := ns.DeepCopy()
	for _, cond := range left.conditions() {
		cond.LastTransitionTime = now
		set(&next.Status.Conditions, cond)
	}
	if slices.Equal(next.Status.Conditions, ns.Status.Conditions) {
		return nil
	}
	_, err := client.UpdateStatus(c.client, next)
	return err
}

// set puts a condition in the place of the one of its type, whose transition
// time it keeps while the status stays.
func set(conditions *[]corev1.NamespaceCondition, next corev1.NamespaceCondition) {
	i := slices.IndexFunc(*conditions, func(c corev1.NamespaceCondition) bool { return c.Type == next.Type })
	if i < 0 {
		*conditions = append(*conditions, next)
		return
	}
	if (*conditions)[i].Status == next.Status {
		next.LastTransitionTime = (*conditions)[i].LastTransitionTime
	}
	(*conditions)[i] = next
}

func (r *remains) conditions() []corev1.NamespaceCondition {
	condition := func(kind corev1.NamespaceConditionType, holds bool, reason, message string) corev1.NamespaceCondition {
		status := corev1.ConditionFalse
		if holds {
			status = corev1.ConditionTrue
		}
		return corev1.NamespaceCondition{Type: kind, Status: status, Reason: reason, Message: message}
	}
	content := condition(corev1.NamespaceDeletionContentFailure, false, "ContentDeleted",
		"All content successfully deleted, may be waiting on finalization")
	if len(r.failures) > 0 {
		content = condition(corev1.NamespaceDeletionContentFailure, true, "ContentDeletionFailed",
			fmt.Sprintf("Failed to delete all resource types, %d remaining: %s", len(r.failures), strings.Join(slices.Sorted(slices.Values(r.failures)), ", ")))
	}
	remaining := condition(corev1.NamespaceContentRemaining, false, "ContentRemoved", "All content successfully removed")
	if len(r.kinds) > 0 && !r.podsFirst {
		remaining = condition(corev1.NamespaceContentRemaining, true, "SomeResourcesRemain",
			"Some resources are remaining: "+counted(r.kinds, "%s has %d resource instances"))
	}
	finalizers := condition(corev1.NamespaceFinalizersRemaining, false, "ContentHasNoFinalizers",
		"All content-preserving finalizers finished")
	if len(r.finalizers) > 0 && !r.podsFirst {
		finalizers = condition(corev1.NamespaceFinalizersRemaining, true, "SomeFinalizersRemain",
			"Some content in the namespace has finalizers remaining: "+counted(r.finalizers, "%s in %d resource instances"))
	}
	return []corev1.NamespaceCondition{
		condition(corev1.NamespaceDeletionDiscoveryFailure, false, "ResourcesDiscovered", "All resources successfully discovered"),
		condition(corev1.NamespaceDeletionGVParsingFailure, false, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
		content, remaining, finalizers,
	}
}

// counted lists names with their numbers, in order of name.
func counted(counts map[string]int, format string) string {
	var parts []string
	for name, n := range counts {
		if !strings.Contains(name, ".") && strings.HasPrefix(format, "%s has") {
			name += "." // the core group has no name
		}
		parts = append(parts, fmt.Sprintf(format, name, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// finalize removes the finalizer that kept the namespace.
func (c *controller) finalize(name string) error {
	ns, ok := client.Get[*corev1.Namespace](c.client, "", name)
	if !ok {
		return nil
	}
	next := ns.DeepCopy()
	next.Spec.Finalizers = slices.DeleteFunc(next.Spec.Finalizers, func(f corev1.FinalizerName) bool {
		return f == corev1.FinalizerKubernetes
	})
	_, err := client.UpdatePart(c.client, next, "finalize")
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
