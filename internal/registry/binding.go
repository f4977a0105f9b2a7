package registry

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/podspec"
	"github.com/kubejig/kubejig/internal/store"
)

// Bind assigns a pod to a node, as POST to its binding subresource does: the
// pod gets its spec.nodeName, the binding's annotations, the node's topology
// labels and a true PodScheduled condition. q names the pod.
func (r *Registry) Bind(q Request, binding *corev1.Binding) (*store.Item, error) {
	if errs := validateBinding(binding); len(errs) > 0 {
		return nil, errs.ToAggregate() // Kubernetes has no status for it either
	}
	if err := r.ask(q, q.attributes(admission.Create, binding, nil)); err != nil {
		return nil, err
	}
	old := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if old == nil {
		return nil, q.notFound()
	}
	pod := old.Object.(*corev1.Pod)
	if err := checkBindable(q, pod, binding); err != nil {
		return nil, err
	}
	bound := *pod
	bound.Spec.NodeName = binding.Target.Name
	bound.Annotations = withAll(pod.Annotations, binding.Annotations)
	bound.Labels = withAll(withAll(pod.Labels, binding.Labels), r.topologyLabels(binding.Target.Name))
	bound.Status.NominatedNodeName = ""
	bound.Status.Conditions = r.scheduled(pod)
	q.unowned = true
	return r.swap(q, &bound, old, ownersOf(old)) // the pod had no node, so there is no need to compare the two
}

func validateBinding(b *corev1.Binding) field.ErrorList {
	path := field.NewPath("target")
	var errs field.ErrorList
	if kind := b.Target.Kind; kind != "" && kind != "Node" {
		errs = append(errs, field.NotSupported(path.Child("kind"), kind, []string{"Node", "<empty>"}))
	}
	switch kind := b.Target.Kind; {
	case b.Target.Name == "":
		errs = append(errs, field.Required(path.Child("name"), ""))
	case kind == "" || kind == "Node":
		errs = append(errs, podspec.ValidateDNS1123Subdomain(b.Target.Name, path.Child("name"))...)
	}
	return errs
}

// checkBindable refuses to bind a pod that is not the one that was meant, or
// that has a node, or that is on its way out.
func checkBindable(q Request, pod *corev1.Pod, b *corev1.Binding) error {
	conflict := func(format string, args ...any) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "pods/binding"}, pod.Name, fmt.Errorf(format, args...))
	}
	// These two are checked, and reported, by the store of Kubernetes.
	stale := func(what string, want, have any) error {
		return apierrors.NewConflict(q.resource(), pod.Name,
			fmt.Errorf("StorageError: invalid object, Code: 4, Key: /pods/%s/%s, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: %s in precondition: %v, %s in object meta: %v",
				pod.Namespace, pod.Name, what, want, what, have))
	}
	switch {
	case b.UID != "" && b.UID != pod.UID:
		return stale("UID", b.UID, pod.UID)
	case b.ResourceVersion != "" && b.ResourceVersion != pod.ResourceVersion:
		return stale("ResourceVersion", b.ResourceVersion, pod.ResourceVersion)
	case pod.DeletionTimestamp != nil:
		return conflict("pod %s is being deleted, cannot be assigned to a host", pod.Name)
	case pod.Spec.NodeName != "":
		return conflict("pod %v is already assigned to node %q", pod.Name, pod.Spec.NodeName)
	case len(pod.Spec.SchedulingGates) > 0:
		return conflict("pod %v has non-empty .spec.schedulingGates", pod.Name)
	}
	return nil
}

// topologyLabels are the labels of a node that its pods share.
func (r *Registry) topologyLabels(node string) map[string]string {
	item := r.Store.Get(schema.GroupResource{Resource: "nodes"}, "", node)
	if item == nil {
		return nil
	}
	return podspec.TopologyLabels(item.Object.(*corev1.Node))
}

// withAll is a map with others added; the map itself where there are none.
func withAll(m, others map[string]string) map[string]string {
	if len(others) == 0 {
		return m
	}
	out := maps.Clone(m)
	if out == nil {
		out = make(map[string]string, len(others))
	}
	maps.Copy(out, others)
	return out
}

// scheduled is a pod's conditions with PodScheduled true.
func (r *Registry) scheduled(pod *corev1.Pod) []corev1.PodCondition {
	condition := corev1.PodCondition{
		Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: r.now(),
	}
	out := make([]corev1.PodCondition, 0, len(pod.Status.Conditions)+1)
	found := false
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			c, found = condition, true
		}
		out = append(out, c)
	}
	if !found {
		out = append(out, condition)
	}
	return out
}
