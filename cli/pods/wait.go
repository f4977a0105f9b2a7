package pods

import (
	"context"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/waiting"
)

// WaitFor waits until the condition holds for the pod, and returns it as it
// was seen last. A pod that goes meanwhile is an error; a timeout of 0 waits
// without an end.
func WaitFor(ctx context.Context, f *factory.Factory, pod *corev1.Pod, timeout time.Duration, holds func(*corev1.Pod) (bool, error)) (*corev1.Pod, error) {
	client, err := f.Dynamic()
	if err != nil {
		return nil, err
	}
	where := corev1.SchemeGroupVersion.WithResource("pods")
	var last atomic.Pointer[corev1.Pod] // A signal ends us while it is still looked for.
	last.Store(&corev1.Pod{})
	condition := func(object *unstructured.Unstructured) (bool, error) {
		if object == nil {
			return false, apierrors.NewNotFound(where.GroupResource(), "")
		}
		seen := &corev1.Pod{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, seen); err != nil {
			return false, err
		}
		last.Store(seen)
		return holds(seen)
	}
	err = f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return waiting.For(ctx, f, client.Resource(where).Namespace(pod.Namespace), pod.Name, timeout, condition)
	})
	return last.Load(), err
}
