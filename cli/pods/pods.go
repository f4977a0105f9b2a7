// Package pods finds the pods and containers that a command means when it is
// given a workload, a service, or just a pod.
package pods

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/scheme"
	"github.com/kubejig/kubejig/cli/waiting"
)

// pollInterval is the pause between two looks for a first pod.
const pollInterval = 200 * time.Millisecond

// Get reads one pod.
func Get(ctx context.Context, f *factory.Factory, namespace, name string) (*corev1.Pod, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	pod := &corev1.Pod{}
	err = client.Get().Namespace(namespace).Resource("pods").Name(name).Do(ctx).Into(pod)
	return pod, err
}

// Selector tells which pods, in which namespace, belong to an object.
func Selector(object runtime.Object) (namespace string, selector labels.Selector, err error) {
	switch object := object.(type) {
	case *corev1.ReplicationController:
		return object.Namespace, labels.SelectorFromSet(object.Spec.Selector), nil
	case *corev1.Service:
		if len(object.Spec.Selector) == 0 {
			return "", nil, fmt.Errorf("invalid service '%s': Service is defined without a selector", object.Name)
		}
		return object.Namespace, labels.SelectorFromSet(object.Spec.Selector), nil
	case *appsv1.ReplicaSet:
		return fromLabelSelector(object.Namespace, object.Spec.Selector)
	case *appsv1.StatefulSet:
		return fromLabelSelector(object.Namespace, object.Spec.Selector)
	case *appsv1.DaemonSet:
		return fromLabelSelector(object.Namespace, object.Spec.Selector)
	case *appsv1.Deployment:
		return fromLabelSelector(object.Namespace, object.Spec.Selector)
	case *batchv1.Job:
		return fromLabelSelector(object.Namespace, object.Spec.Selector)
	}
	return "", nil, fmt.Errorf("selector for %T not implemented", object)
}

func fromLabelSelector(namespace string, selector *metav1.LabelSelector) (string, labels.Selector, error) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return "", nil, fmt.Errorf("invalid label selector: %v", err)
	}
	return namespace, parsed, nil
}

// Order sorts pods, the one to take first.
type Order func(a, b *corev1.Pod) (less bool)

// List lists the pods that a selector matches, in order. If there are none it
// waits for the first one.
func List(ctx context.Context, f *factory.Factory, namespace, selector string, timeout time.Duration, order Order) ([]corev1.Pod, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	list := &corev1.PodList{}
	err = waiting.Poll(ctx, f, pollInterval, timeout, func() (bool, error) {
		err := client.Get().Namespace(namespace).Resource("pods").
			VersionedParams(&metav1.ListOptions{LabelSelector: selector}, scheme.ParameterCodec()).
			Do(ctx).Into(list)
		return len(list.Items) > 0, err
	})
	if err != nil {
		return nil, err
	}
	sort.Sort(&sorter{list.Items, order})
	return list.Items, nil
}

type sorter struct {
	pods []corev1.Pod
	less Order
}

func (s *sorter) Len() int           { return len(s.pods) }
func (s *sorter) Swap(i, j int)      { s.pods[i], s.pods[j] = s.pods[j], s.pods[i] }
func (s *sorter) Less(i, j int) bool { return s.less(&s.pods[i], &s.pods[j]) }

// ForObject is the pod to attach to for an object: itself, or the pod of it
// that most likely works.
func ForObject(ctx context.Context, f *factory.Factory, object runtime.Object, timeout time.Duration) (*corev1.Pod, error) {
	if pod, ok := object.(*corev1.Pod); ok {
		return pod, nil
	}
	namespace, selector, err := Selector(object)
	if err != nil {
		return nil, fmt.Errorf("cannot attach to %T: %v", object, err)
	}
	found, err := List(ctx, f, namespace, selector.String(), timeout, func(a, b *corev1.Pod) bool { return lessActive(b, a) })
	if errors.Is(err, waiting.ErrTimeout) {
		return nil, waiting.ErrTimeout
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}
