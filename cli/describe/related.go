package describe

import (
	"context"
	"errors"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/reader"
	"github.com/kubejig/kubejig/selectors"
)

// related reads what descriptions mention beside the object they describe.
//
// For one object it asks the server for just that. For many objects it reads
// each collection once, as far as the objects' namespaces reach, and selects
// from it here.
type related struct {
	reader     reader.Reader
	chunkSize  int64
	showEvents bool

	// namespaces are those of the many objects to describe; nil for few.
	namespaces map[string]bool
	// collections are those read so far: *selectors.Index or error.
	collections map[collectionKey]any
}

type collectionKey struct {
	resource  schema.GroupVersionResource
	namespace string
}

// collection is a kind of related objects: T in lists of type L.
type collection[T, L any] struct {
	resource schema.GroupVersionResource
	items    func(*L) []T
	fields   []string // by which descriptions select
}

func podCollection() collection[corev1.Pod, corev1.PodList] {
	return collection[corev1.Pod, corev1.PodList]{
		corev1.SchemeGroupVersion.WithResource("pods"),
		func(l *corev1.PodList) []corev1.Pod { return l.Items },
		[]string{"spec.nodeName"},
	}
}

func eventCollection() collection[corev1.Event, corev1.EventList] {
	return collection[corev1.Event, corev1.EventList]{
		corev1.SchemeGroupVersion.WithResource("events"),
		func(l *corev1.EventList) []corev1.Event { return l.Items },
		[]string{"involvedObject.uid"},
	}
}

func quotaCollection() collection[corev1.ResourceQuota, corev1.ResourceQuotaList] {
	return collection[corev1.ResourceQuota, corev1.ResourceQuotaList]{
		corev1.SchemeGroupVersion.WithResource("resourcequotas"),
		func(l *corev1.ResourceQuotaList) []corev1.ResourceQuota { return l.Items }, nil,
	}
}

func limitRangeCollection() collection[corev1.LimitRange, corev1.LimitRangeList] {
	return collection[corev1.LimitRange, corev1.LimitRangeList]{
		corev1.SchemeGroupVersion.WithResource("limitranges"),
		func(l *corev1.LimitRangeList) []corev1.LimitRange { return l.Items }, nil,
	}
}

func serviceCollection() collection[corev1.Service, corev1.ServiceList] {
	return collection[corev1.Service, corev1.ServiceList]{
		corev1.SchemeGroupVersion.WithResource("services"),
		func(l *corev1.ServiceList) []corev1.Service { return l.Items }, nil,
	}
}

func replicaSetCollection() collection[appsv1.ReplicaSet, appsv1.ReplicaSetList] {
	return collection[appsv1.ReplicaSet, appsv1.ReplicaSetList]{
		appsv1.SchemeGroupVersion.WithResource("replicasets"),
		func(l *appsv1.ReplicaSetList) []appsv1.ReplicaSet { return l.Items }, nil,
	}
}

func sliceCollection() collection[discoveryv1.EndpointSlice, discoveryv1.EndpointSliceList] {
	return collection[discoveryv1.EndpointSlice, discoveryv1.EndpointSliceList]{
		discoveryv1.SchemeGroupVersion.WithResource("endpointslices"),
		func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items }, nil,
	}
}

func leaseCollection() collection[coordinationv1.Lease, coordinationv1.LeaseList] {
	return collection[coordinationv1.Lease, coordinationv1.LeaseList]{
		coordinationv1.SchemeGroupVersion.WithResource("leases"),
		func(l *coordinationv1.LeaseList) []coordinationv1.Lease { return l.Items }, nil,
	}
}

func deviceCollection() collection[resourcev1.ResourceSlice, resourcev1.ResourceSliceList] {
	return collection[resourcev1.ResourceSlice, resourcev1.ResourceSliceList]{
		resourcev1.SchemeGroupVersion.WithResource("resourceslices"),
		func(l *resourcev1.ResourceSliceList) []resourcev1.ResourceSlice { return l.Items },
		[]string{resourcev1.ResourceSliceSelectorNodeName},
	}
}

// find returns the objects of a collection in a namespace ("" for all) with
// the labels and fields; nil selects everything.
func find[T any, L any, PL interface {
	*L
	runtime.Object
}](ctx context.Context, r *related, c collection[T, L], namespace string, byLabel labels.Selector, byField fields.Selector) ([]*T, error) {
	if index := shared[T, L, PL](ctx, r, c, namespace); index != nil {
		if namespace != "" {
			here := fields.OneTermEqualSelector("metadata.namespace", namespace)
			byField = fields.AndSelectors(here, orEverything(byField))
		}
		return index.List(selectors.New(byLabel, byField)), nil
	}
	options := metav1.ListOptions{Limit: r.chunkSize}
	if byLabel != nil {
		options.LabelSelector = byLabel.String()
	}
	if byField != nil {
		options.FieldSelector = byField.String()
	}
	return readAll[T, L, PL](ctx, r.reader, c, namespace, options)
}

func orEverything(s fields.Selector) fields.Selector {
	if s == nil {
		return fields.Everything()
	}
	return s
}

// get returns one object of a collection.
func get[T any, PT interface {
	*T
	runtime.Object
}, L any, PL interface {
	*L
	runtime.Object
}](ctx context.Context, r *related, c collection[T, L], namespace, name string) (*T, error) {
	if index := shared[T, L, PL](ctx, r, c, namespace); index != nil {
		if object, found := index.Get(namespace + "/" + name); found {
			return object, nil
		}
	}
	object := new(T)
	err := r.reader.Get(ctx, c.resource, namespace, name, PT(object))
	return object, err
}

// shared returns the whole collection as far as it concerns the objects to
// describe, read at the first call; nil if it is not worth it, or can not be
// read, in which case asking for less may succeed.
func shared[T any, L any, PL interface {
	*L
	runtime.Object
}](ctx context.Context, r *related, c collection[T, L], namespace string) *selectors.Index[*T] {
	if r.namespaces == nil {
		return nil
	}
	if r.namespaces[namespace] && len(r.namespaces) > 1 {
		namespace = ""
	}
	key := collectionKey{c.resource, namespace}
	if index, ok := r.collections[key].(*selectors.Index[*T]); ok {
		return index
	} else if r.collections[key] != nil {
		return nil
	}
	objects, err := readAll[T, L, PL](ctx, r.reader, c, namespace, metav1.ListOptions{Limit: r.chunkSize})
	if err != nil {
		r.collections[key] = errors.New("can not be read as a whole")
		return nil
	}
	index := selectors.NewIndex[*T](c.fields...)
	for _, object := range objects {
		meta := any(object).(metav1.Object)
		index.Put(meta.GetNamespace()+"/"+meta.GetName(), object)
	}
	r.collections[key] = index
	return index
}

// pods returns pods of a namespace.
func (r *related) pods(ctx context.Context, namespace string, byLabel labels.Selector, byField fields.Selector) ([]*corev1.Pod, error) {
	return find(ctx, r, podCollection(), namespace, byLabel, byField)
}

// endpointSlices returns the slices of a service.
func (r *related) endpointSlices(ctx context.Context, namespace, service string) ([]*discoveryv1.EndpointSlice, error) {
	return find(ctx, r, sliceCollection(), namespace,
		labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service}), nil)
}
