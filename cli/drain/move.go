package drain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/waiting"
)

const (
	evictionRetry = 5 * time.Second // After an eviction that a budget forbids.
	goneInterval  = time.Second     // Between two looks for a pod that is going.
)

// move evicts the pods, or deletes them, and waits until they are gone.
func (o *options) move(ctx context.Context, leaving []corev1.Pod) error {
	if len(leaving) == 0 {
		return nil
	}
	evict, err := o.canEvict()
	if err != nil {
		return err
	}
	if evict {
		return o.evictAll(ctx, leaving)
	}
	return o.deleteAll(ctx, leaving)
}

// canEvict says whether to evict: unless it is switched off, or the server can
// not.
func (o *options) canEvict() (bool, error) {
	if o.disableEviction {
		return false, nil
	}
	discovery, err := o.f.Discovery()
	if err != nil {
		return false, err
	}
	list, err := discovery.Resources("v1")
	if err != nil {
		return false, err
	}
	for _, r := range list.APIResources {
		if r.Name == "pods/eviction" && r.Kind == "Eviction" && r.Group != "" && r.Version != "" {
			return true, nil
		}
	}
	return false, nil
}

func (o *options) deleteOptions() metav1.DeleteOptions {
	options := metav1.DeleteOptions{DryRun: o.dryRun.Options()}
	if o.gracePeriod >= 0 {
		options = *metav1.NewDeleteOptions(int64(o.gracePeriod))
		options.DryRun = o.dryRun.Options()
	}
	return options
}

// limit is the timeout as a duration: 0 is for ever.
func (o *options) limit() time.Duration {
	if o.timeout == 0 {
		return math.MaxInt64
	}
	return o.timeout
}

// evictAll evicts all pods at once: one that its budget keeps must not keep
// the others.
func (o *options) evictAll(ctx context.Context, leaving []corev1.Pod) error {
	if o.timeout > 0 && !o.f.ManualClock() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, waiting.ErrTimeout)
		defer cancel()
	}
	if o.f.ManualClock() {
		return o.evictInTurn(ctx, leaving)
	}
	e := &eviction{options: o, out: factory.Shared(o.f.Out), errOut: factory.Shared(o.f.ErrOut)}
	outcomes := make(chan error, len(leaving))
	for i := range leaving {
		go func() { outcomes <- e.run(ctx, leaving[i]) }()
	}
	var errs []error
	for range leaving {
		if err := <-outcomes; err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// evictInTurn is evictAll where the order of requests decides what happens.
func (o *options) evictInTurn(ctx context.Context, leaving []corev1.Pod) error {
	e := &eviction{options: o, out: o.f.Out, errOut: o.f.ErrOut}
	var errs []error
	for _, pod := range leaving {
		if err := e.run(ctx, pod); err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// eviction evicts pods, in parallel.
type eviction struct {
	*options
	out, errOut io.Writer
}

// run evicts one pod and waits until it is gone.
func (e *eviction) run(ctx context.Context, pod corev1.Pod) error {
	evicted, err := e.evict(ctx, pod)
	if err != nil || evicted == nil || e.dryRun == flags.DryRunServer {
		return err
	}
	if err := e.waitUntilGone(ctx, e.out, []corev1.Pod{*evicted}, "evicted", "eviction failed"); err != nil {
		return fmt.Errorf("error when waiting for pod %q in namespace %q to terminate: %v", pod.Name, pod.Namespace, err)
	}
	return nil
}

// evict asks until the eviction is allowed. The pod is nil if it is gone.
func (e *eviction) evict(ctx context.Context, pod corev1.Pod) (*corev1.Pod, error) {
	for {
		mark := ""
		if e.dryRun == flags.DryRunServer {
			mark = " (server dry run)"
		} else {
			e.sayStarted(e.out, &pod, "eviction started")
		}
		fmt.Fprintf(e.out, "evicting pod %s/%s%s\n", pod.Namespace, pod.Name, mark)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("error when evicting pods/%q -n %q: global timeout reached: %v", pod.Name, pod.Namespace, e.limit())
		}
		err := e.askToEvict(ctx, pod)
		terminating := apierrors.IsForbidden(err) && apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
		switch {
		case err == nil, terminating && pod.DeletionTimestamp != nil:
			return &pod, nil
		case apierrors.IsNotFound(err):
			return nil, nil
		case apierrors.IsTooManyRequests(err):
			fmt.Fprintf(e.errOut, "error when evicting pods/%q -n %q (will retry after %v): %v\n", pod.Name, pod.Namespace, evictionRetry, err)
		case terminating:
			fmt.Fprintf(e.errOut, "error when evicting pod %q from terminating namespace %q (will retry after %v): %v\n", pod.Name, pod.Namespace, evictionRetry, err)
		default:
			return nil, fmt.Errorf("error when evicting pods/%q -n %q: %v", pod.Name, pod.Namespace, err)
		}
		if err := waiting.Pause(ctx, e.f, evictionRetry); err != nil && ctx.Err() == nil {
			return nil, err
		}
		if fresh, err := pods.Get(ctx, e.f, pod.Namespace, pod.Name); err == nil {
			pod = *fresh
		}
	}
}

func (e *eviction) askToEvict(ctx context.Context, pod corev1.Pod) error {
	options := e.deleteOptions()
	body := &policyv1.Eviction{
		TypeMeta:      metav1.TypeMeta{APIVersion: "policy/v1", Kind: "Eviction"},
		ObjectMeta:    metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
		DeleteOptions: &options,
	}
	return e.client.Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("eviction").
		Body(body).Do(ctx).Error()
}

func (o *options) deleteAll(ctx context.Context, leaving []corev1.Pod) error {
	for _, pod := range leaving {
		options := o.deleteOptions()
		err := o.client.Delete().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).Body(&options).Do(ctx).Error()
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		if o.dryRun != flags.DryRunServer {
			o.sayStarted(o.f.Out, &pod, "deletion started")
		}
	}
	if o.dryRun == flags.DryRunServer {
		return nil
	}
	return o.waitUntilGone(ctx, o.f.Out, leaving, "deleted", "deletion failed")
}

// waitUntilGone waits for pods to go, and says of each what became of it.
func (o *options) waitUntilGone(ctx context.Context, out io.Writer, going []corev1.Pod, done, failed string) error {
	err := waiting.Poll(ctx, o.f, goneInterval, o.limit(), func() (bool, error) {
		var left []corev1.Pod
		for _, pod := range going {
			current, err := pods.Get(ctx, o.f, pod.Namespace, pod.Name)
			switch {
			case apierrors.IsNotFound(err), err == nil && current.UID != pod.UID:
				o.sayOf(out, &pod, done)
			case err != nil:
				o.sayOf(out, &pod, failed)
				return false, err
			case o.skips(current):
				fmt.Fprintf(out, "pod %q has DeletionTimestamp older than %v seconds, skipping\n", pod.Name, o.skipDeletedAfter)
			default:
				left = append(left, pod)
			}
		}
		going = left
		return len(going) == 0, nil
	})
	if errors.Is(err, waiting.ErrTimeout) {
		return context.DeadlineExceeded
	}
	return err
}

// sayStarted says it only where the log says much.
func (o *options) sayStarted(out io.Writer, pod *corev1.Pod, what string) {
	if o.f.Log.V(2) {
		o.sayOf(out, pod, what)
	}
}

func (o *options) sayOf(out io.Writer, pod *corev1.Pod, done string) {
	print := flags.Print(done)
	flags.PrintDryRun(print, o.dryRun)
	printer, err := print.Printer()
	if err != nil {
		fmt.Fprintf(out, "pod %s/%s %s\n", pod.Namespace, pod.Name, done)
		return
	}
	_ = printer.PrintObj(pod, out)
}
