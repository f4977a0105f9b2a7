package logs

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/scheme"
	"github.com/kubejig/kubejig/cli/waiting"
)

// rewatch is the pause before pods are watched again when a watch has ended.
const rewatch = 100 * time.Millisecond

// follower follows the containers of all pods that a selector selects, from
// when they start, one stream for each time that a container is started.
type follower struct {
	o         *options
	f         *factory.Factory
	namespace string
	selector  string
	first     *finder // Of pods that are there at first.
	later     *finder // Of pods that come later: their whole logs.
	out       io.Writer
	slots     chan struct{}

	followed map[string]bool // By container ID.
	group    sync.WaitGroup
}

// printAndFollow prints the logs of an object's pods, and goes on with those
// of pods that come later.
func (o *options) printAndFollow(ctx context.Context, f *factory.Factory, namespace string, object runtime.Object) error {
	w, err := o.newFollower(f, namespace, object)
	if err != nil {
		return err
	}
	streams, cut := context.WithCancel(ctx)
	defer cut()
	watching, enough := context.WithCancel(ctx)
	defer enough()
	version, err := w.list(watching, streams, w.first)
	if err != nil {
		return err
	}
	ends := make(chan error, 1)
	go func() {
		ends <- untilEnded(watching, f, object)
		enough()
	}()
	err = w.watch(watching, streams, version)
	enough()
	if ended := <-ends; err == nil && ctx.Err() == nil {
		if err = ended; err == nil {
			_, err = w.list(ctx, streams, w.later) // What came between the last look and the end.
		}
	}
	if err != nil {
		cut()
	}
	w.group.Wait()
	if ctx.Err() != nil {
		return failure.Silent
	}
	return err
}

func (o *options) newFollower(f *factory.Factory, namespace string, object runtime.Object) (*follower, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	w := &follower{
		o: o, f: f, namespace: namespace, selector: o.selector,
		out: factory.Shared(f.Out), slots: make(chan struct{}, max(o.maxRequests, 1)), followed: map[string]bool{},
	}
	if o.selector == "" {
		of, selector, err := pods.Selector(object)
		if err != nil {
			return nil, fmt.Errorf("--follow-new is for workloads, services and selectors: %w", err)
		}
		w.namespace, w.selector = of, selector.String()
	}
	whole := o.log.DeepCopy()
	whole.TailLines, whole.SinceSeconds, whole.SinceTime = nil, nil, nil
	w.first = &finder{f: f, client: client, Selection: Selection{Options: &o.log, AllContainers: o.allContainers, AllPods: true}}
	w.later = &finder{f: f, client: client, Selection: Selection{Options: whole, AllContainers: o.allContainers, AllPods: true}}
	return w, nil
}

// untilEnded waits for a job to end, or for another object to be deleted. A
// selector has no end.
func untilEnded(ctx context.Context, f *factory.Factory, object runtime.Object) error {
	named, err := meta.Accessor(object)
	if err != nil { // A list.
		<-ctx.Done()
		return ctx.Err()
	}
	types, _, err := scheme.Scheme().ObjectKinds(object)
	if err != nil {
		return err
	}
	kind := types[0]
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	where := client.Resource(mapping.Resource).Namespace(named.GetNamespace())
	return waiting.For(ctx, f, where, named.GetName(), 0, func(live *unstructured.Unstructured) (bool, error) {
		if live == nil || live.GetUID() != named.GetUID() {
			return true, nil
		}
		state := health.Of(live).State
		return kind.Group == batchv1.GroupName && (state == health.Ready || state == health.Failed), nil
	})
}

// watch follows what comes after a version, until ctx ends. The logs go on until
// streams ends.
func (w *follower) watch(ctx, streams context.Context, version string) error {
	for {
		if err := w.round(ctx, streams, version); err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(rewatch):
		}
		var err error
		if version, err = w.list(ctx, streams, w.later); err != nil {
			return err
		}
	}
}

// round is watch until the server ends it.
func (w *follower) round(ctx, streams context.Context, version string) error {
	options := metav1.ListOptions{LabelSelector: w.selector, ResourceVersion: version, Watch: true}
	changes, err := w.first.client.Get().Namespace(w.namespace).Resource("pods").
		VersionedParams(&options, scheme.ParameterCodec()).Watch(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer changes.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case change, ok := <-changes.ResultChan():
			if !ok {
				return nil
			}
			if pod, ok := change.Object.(*corev1.Pod); ok {
				w.follow(streams, pod, w.later)
			}
		}
	}
}

// list follows what is there.
func (w *follower) list(ctx, streams context.Context, finder *finder) (version string, err error) {
	list := &corev1.PodList{}
	options := metav1.ListOptions{LabelSelector: w.selector}
	err = w.first.client.Get().Namespace(w.namespace).Resource("pods").
		VersionedParams(&options, scheme.ParameterCodec()).Do(ctx).Into(list)
	if err != nil {
		if ctx.Err() != nil {
			return "", nil
		}
		return "", err
	}
	for i := range list.Items {
		w.follow(streams, &list.Items[i], finder)
	}
	return list.ResourceVersion, nil
}

// follow starts to follow those containers of a pod that have been started
// since it was last seen.
func (w *follower) follow(ctx context.Context, pod *corev1.Pod, finder *finder) {
	sources, err := finder.ofPod(pod)
	if err != nil {
		fmt.Fprintf(w.f.ErrOut, "error: %v\n", err)
		return
	}
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses)
	for _, source := range sources {
		i := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool { return s.Name == source.Container })
		if i < 0 {
			continue
		}
		if last := statuses[i].LastTerminationState.Terminated; last != nil {
			if finder == w.later { // It ended before it was seen to run.
				w.start(ctx, last.ContainerID, finder.previous(pod, source.Container))
			}
			w.followed[last.ContainerID] = true
		}
		if state := statuses[i].State; state.Running != nil || state.Terminated != nil {
			w.start(ctx, statuses[i].ContainerID, source)
		}
	}
}

// start starts to follow a container, unless it is followed already.
func (w *follower) start(ctx context.Context, id string, source Source) {
	if w.followed[id] {
		return
	}
	w.followed[id] = true
	w.group.Go(func() { w.stream(ctx, source) })
}

// stream prints one log to its end. If too many are followed it waits until
// another one ends.
func (w *follower) stream(ctx context.Context, source Source) {
	select {
	case w.slots <- struct{}{}:
	default:
		fmt.Fprintf(w.f.ErrOut, "pod/%s/%s waits: %d logs are followed already, use --max-log-requests to increase the limit\n",
			source.Pod, source.Container, cap(w.slots))
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
	defer func() { <-w.slots }()
	if err := w.o.printOne(ctx, w.f, source, w.out); err != nil && ctx.Err() == nil {
		fmt.Fprintf(w.f.ErrOut, "error: pod/%s/%s: %v\n", source.Pod, source.Container, err)
	}
}
