// Package deployment rolls out Deployments: it keeps a ReplicaSet per version
// of the pod template and moves replicas between them, as
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ states.
package deployment

import (
	"cmp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

var (
	gvk         = appsv1.SchemeGroupVersion.WithKind("Deployment")
	deployments = schema.GroupResource{Group: appsv1.GroupName, Resource: "deployments"}
	replicaSets = schema.GroupResource{Group: appsv1.GroupName, Resource: "replicasets"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller of Deployments.
func New(r *registry.Registry) *controllers.Controller {
	const name = "deployment-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, "")}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(deployments),
			podcontrol.WakeOwner(replicaSets, gvk.GroupKind(),
				podcontrol.Selecting(account, func(d *appsv1.Deployment) *metav1.LabelSelector { return d.Spec.Selector })),
			{Resource: podcontrol.Pods, Keys: c.recreated},
		},
		Reconcile: c.reconcile,
	}
}

// rollout is one reconciliation of a Deployment.
type rollout struct {
	*controller
	d *appsv1.Deployment // ours to change
	// current runs the Deployment's template, nil when it has not been made;
	// old are all others, by creation.
	current *appsv1.ReplicaSet
	old     []*appsv1.ReplicaSet
	now     time.Time
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	d, ok := client.Get[*appsv1.Deployment](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil || selector.Empty() {
		return controllers.Result{}, nil // validation refuses these
	}
	sets, err := podcontrol.Claim[*appsv1.ReplicaSet](c.client, d, gvk, selector)
	if err != nil {
		return controllers.Result{}, err
	}
	r := &rollout{controller: c, d: d.DeepCopy(), now: c.client.Registry.Loop.Now()}
	r.sort(sets)
	if err := r.step(); err != nil {
		return controllers.Result{}, err
	}
	return controllers.Result{After: r.untilDeadline()}, nil
}

// sort tells the current ReplicaSet from the old ones.
func (r *rollout) sort(sets []*appsv1.ReplicaSet) {
	slices.SortStableFunc(sets, byCreation)
	for _, rs := range sets {
		if r.current == nil && sameTemplate(&rs.Spec.Template, &r.d.Spec.Template) {
			r.current = rs
			continue
		}
		r.old = append(r.old, rs)
	}
}

func byCreation(a, b *appsv1.ReplicaSet) int {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}

// step does what the state of the rollout asks for.
func (r *rollout) step() error {
	if r.d.DeletionTimestamp != nil {
		return r.syncStatus()
	}
	if err := r.markPaused(); err != nil {
		return err
	}
	if r.d.Spec.Paused || r.scaling() {
		return r.sync()
	}
	if r.d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return r.recreate()
	}
	return r.roll()
}

// sync keeps a paused or just scaled Deployment in proportion.
func (r *rollout) sync() error {
	if err := r.ensureCurrent(!r.d.Spec.Paused); err != nil {
		return err
	}
	if err := r.scaleInProportion(); err != nil {
		return err
	}
	if r.d.Spec.Paused && r.d.Spec.Selector != nil {
		if err := r.cleanup(); err != nil {
			return err
		}
	}
	return r.syncStatus()
}

// all returns every ReplicaSet, the current one last.
func (r *rollout) all() []*appsv1.ReplicaSet {
	all := slices.Clone(r.old)
	if r.current != nil {
		all = append(all, r.current)
	}
	return all
}

// replicas is what the Deployment asks for.
func (r *rollout) replicas() int32 { return ptr.Deref(r.d.Spec.Replicas, 1) }

func sizeOf(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	return ptr.Deref(rs.Spec.Replicas, 1)
}

// total sums the replicas that ReplicaSets ask for.
func total(sets []*appsv1.ReplicaSet) int32 {
	var n int32
	for _, rs := range sets {
		n += sizeOf(rs)
	}
	return n
}

func available(sets []*appsv1.ReplicaSet) int32 {
	var n int32
	for _, rs := range sets {
		if rs != nil {
			n += rs.Status.AvailableReplicas
		}
	}
	return n
}

// scaling reports whether the Deployment has another size than when its
// ReplicaSets were sized.
func (r *rollout) scaling() bool {
	for _, rs := range r.all() {
		if desired, ok := desiredReplicas(rs); sizeOf(rs) > 0 && ok && desired != r.replicas() {
			return true
		}
	}
	return false
}

// scale sets the size of a ReplicaSet, and the annotations that tell how large
// the Deployment was then.
func (r *rollout) scale(rs *appsv1.ReplicaSet, size int32) (*appsv1.ReplicaSet, error) {
	next := rs.DeepCopy()
	annotated := r.annotateSize(next)
	before := sizeOf(rs)
	if before == size && !annotated {
		return rs, nil
	}
	next.Spec.Replicas = &size
	updated, err := client.Update(r.client, next)
	if err != nil {
		return nil, err
	}
	r.put(updated)
	if before != size {
		verb := "down"
		if size > before {
			verb = "up"
		}
		r.recorder.Eventf(r.d, corev1.EventTypeNormal, "ScalingReplicaSet",
			"Scaled %s replica set %s from %d to %d", verb, rs.Name, before, size)
	}
	return updated, nil
}

// put takes the next version of a ReplicaSet into the rollout.
func (r *rollout) put(rs *appsv1.ReplicaSet) {
	if r.current != nil && r.current.UID == rs.UID {
		r.current = rs
	}
	for i := range r.old {
		if r.old[i].UID == rs.UID {
			r.old[i] = rs
		}
	}
}

// cleanup deletes old ReplicaSets beyond the revision history limit.
func (r *rollout) cleanup() error {
	if r.d.Spec.RevisionHistoryLimit == nil {
		return nil
	}
	var idle []*appsv1.ReplicaSet
	for _, rs := range r.old {
		if rs.DeletionTimestamp == nil {
			idle = append(idle, rs)
		}
	}
	excess := len(idle) - int(*r.d.Spec.RevisionHistoryLimit)
	if excess <= 0 {
		return nil
	}
	slices.SortStableFunc(idle, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(revision(a), revision(b)) })
	for _, rs := range idle[:excess] {
		if rs.Status.Replicas != 0 || sizeOf(rs) != 0 || rs.Generation > rs.Status.ObservedGeneration {
			continue
		}
		if err := r.client.Delete(rs, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	return nil
}
