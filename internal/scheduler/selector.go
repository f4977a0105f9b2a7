package scheduler

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/store"
)

var serviceResource = schema.GroupResource{Resource: "services"}

// ownSelector selects the pods that a pod should be spread among when it has
// no constraints of its own: those of its services and of its controller. nil
// for a pod that stands alone.
func (s *Scheduler) ownSelector(api *corev1.Pod) labels.Selector {
	set := labels.Set{}
	s.registry.Store.Scan(serviceResource, api.Namespace, func(item *store.Item) bool {
		service := item.Object.(*corev1.Service)
		if len(service.Spec.Selector) > 0 && labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(api.Labels)) {
			set = labels.Merge(set, service.Spec.Selector)
		}
		return true
	})
	selector := labels.NewSelector()
	if len(set) > 0 {
		selector = set.AsSelector()
	}
	if owned := s.controllerSelector(api); owned != nil {
		if requirements, ok := owned.Requirements(); ok {
			selector = selector.Add(requirements...)
		}
	}
	if selector.Empty() {
		return nil
	}
	return selector
}

// controllerSelector is the selector of a pod's controller, nil for kinds that
// have none.
func (s *Scheduler) controllerSelector(api *corev1.Pod) labels.Selector {
	ref := metav1.GetControllerOfNoCopy(api)
	if ref == nil {
		return nil
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return nil
	}
	kind := s.registry.Kinds().ByKind(schema.GroupKind{Group: gv.Group, Kind: ref.Kind})
	if kind == nil {
		return nil
	}
	item := s.registry.Store.Get(kind.GroupResource(), api.Namespace, ref.Name)
	if item == nil {
		return nil
	}
	switch owner := item.Object.(type) {
	case *appsv1.ReplicaSet:
		return asSelector(owner.Spec.Selector)
	case *appsv1.StatefulSet:
		return asSelector(owner.Spec.Selector)
	case *corev1.ReplicationController:
		return labels.SelectorFromSet(owner.Spec.Selector)
	}
	return nil
}

func asSelector(s *metav1.LabelSelector) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil // Validation lets none through that can't be parsed.
	}
	return selector
}
