package why

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// core is a resource of the core group.
func core(resource string) schema.GroupVersionResource {
	return corev1.SchemeGroupVersion.WithResource(resource)
}

// list reads a collection into a list of its Go type. That it could not be
// read becomes part of the answer.
func (x *explainer) list(ctx context.Context, a *answer, resource schema.GroupVersionResource, namespace string, options metav1.ListOptions, into runtime.Object) bool {
	err := x.reader.List(ctx, resource, namespace, options, into)
	if err != nil {
		a.add(causef("%s can not be read, so this may not be all: %v", resource.Resource, err))
	}
	return err == nil
}

// events are those about one object. Without a UID, as in the case of objects
// that were never made, all about its name count.
func (x *explainer) events(ctx context.Context, a *answer, object metav1.Object, kind string) []*corev1.Event {
	selector := []fields.Selector{
		fields.OneTermEqualSelector("involvedObject.kind", kind),
		fields.OneTermEqualSelector("involvedObject.name", object.GetName()),
	}
	if object.GetUID() != "" && kind != "Node" { // Kubelets use a node's name as its UID.
		selector = append(selector, fields.OneTermEqualSelector("involvedObject.uid", string(object.GetUID())))
	}
	list := &corev1.EventList{}
	if !x.list(ctx, a, core("events"), object.GetNamespace(), metav1.ListOptions{FieldSelector: fields.AndSelectors(selector...).String()}, list) {
		return nil
	}
	return pointers(list.Items)
}

// pods are the pods of a namespace that a selector selects.
func (x *explainer) pods(ctx context.Context, a *answer, namespace string, selector labels.Selector) []*corev1.Pod {
	list := &corev1.PodList{}
	x.list(ctx, a, core("pods"), namespace, metav1.ListOptions{LabelSelector: selector.String()}, list)
	return pointers(list.Items)
}

func pointers[T any](items []T) []*T {
	all := make([]*T, len(items))
	for i := range items {
		all[i] = &items[i]
	}
	return all
}

// numbered is "1 pod" or "3 pods".
func numbered(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
