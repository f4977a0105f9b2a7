// Package waiting is the one place where commands wait for the cluster: for an
// object to change, or to be gone.
//
// On an ordinary cluster it watches. On a cluster whose clock only moves when
// told to, it lets the clock run to the next moment at which anything can
// happen, and fails at once when nothing can any more.
package waiting

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/kubejig/kubejig/cli/factory"
)

// ErrTimeout says that the time ran out before the condition held.
var ErrTimeout = errors.New("timed out waiting for the condition")

// rewatch is the pause before asking again when the server has ended a watch.
const rewatch = 100 * time.Millisecond

// Condition looks at an object, nil if it does not exist (any more), and says
// whether the waiting is over. An error ends it too.
type Condition func(object *unstructured.Unstructured) (done bool, err error)

// For waits until the condition holds for the named object, for at most
// timeout; 0 waits without an end. The condition sees the object as it is, then
// every change of it.
func For(ctx context.Context, f *factory.Factory, client dynamic.ResourceInterface, name string, timeout time.Duration, condition Condition) error {
	w := &waiter{f: f, client: client, condition: condition, timeout: timeout}
	w.options.FieldSelector = fields.OneTermEqualSelector("metadata.name", name).String()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, ErrTimeout)
		defer cancel()
	}
	for {
		done, err := w.round(ctx)
		if done || err != nil {
			return timeoutOf(ctx, err)
		}
	}
}

// timeoutOf makes ErrTimeout of the ways in which a deadline shows.
func timeoutOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// waiter is one wait.
type waiter struct {
	f         *factory.Factory
	client    dynamic.ResourceInterface
	options   metav1.ListOptions
	condition Condition
	timeout   time.Duration
	deadline  time.Time // By a manual clock that has been seen; zero: none.
}

// round looks at the object as it is, then lets time pass: by watching, until
// the watch ends, or by moving the cluster's clock.
func (w *waiter) round(ctx context.Context) (done bool, err error) {
	list, err := w.client.List(ctx, w.options)
	if err != nil {
		return false, err
	}
	if done, err := w.condition(first(list)); done || err != nil {
		return done, err
	}
	if w.f.ManualClock() {
		return false, w.passTime(ctx)
	}
	options := w.options
	options.ResourceVersion = list.GetResourceVersion()
	changes, err := w.client.Watch(ctx, options)
	if err != nil {
		return false, err
	}
	defer changes.Stop()
	return w.follow(ctx, changes)
}

func first(list *unstructured.UnstructuredList) *unstructured.Unstructured {
	if len(list.Items) == 0 {
		return nil
	}
	return &list.Items[0]
}

// passTime moves a manual clock on, unless the time is over by that clock.
func (w *waiter) passTime(ctx context.Context) error {
	now := w.f.Now()
	if w.deadline.IsZero() && w.timeout > 0 {
		w.deadline = now.Add(w.timeout)
	}
	if w.timeout > 0 && !now.Before(w.deadline) {
		return ErrTimeout
	}
	return w.f.AdvanceClock(ctx)
}

// follow judges each change until the watch ends.
func (w *waiter) follow(ctx context.Context, changes watch.Interface) (done bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case event, ok := <-changes.ResultChan():
			if !ok {
				return false, pause(ctx, rewatch)
			}
			object, _ := event.Object.(*unstructured.Unstructured)
			switch event.Type {
			case watch.Deleted:
				object = nil
			case watch.Error, watch.Bookmark:
				continue
			}
			if done, err := w.condition(object); done || err != nil {
				return done, err
			}
		}
	}
}

func pause(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// OnTimeout names what was waited for in a timeout; other errors pass.
func OnTimeout(err error, resource, name string) error {
	if errors.Is(err, ErrTimeout) {
		return fmt.Errorf("%s on %s/%s", ErrTimeout, resource, name)
	}
	return err
}

// Poll asks again and again until done, or an error, or until timeout has
// passed; on a manual clock it lets the clock run in between.
func Poll(ctx context.Context, f *factory.Factory, interval, timeout time.Duration, ask func() (done bool, err error)) error {
	caller := ctx // An answer that comes in spite of a timeout counts.
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, ErrTimeout)
	defer cancel()
	w := &waiter{f: f, timeout: timeout}
	for {
		done, err := ask()
		if done || err != nil {
			return timeoutOf(caller, err)
		}
		if f.ManualClock() {
			err = w.passTime(ctx)
		} else {
			err = pause(ctx, interval)
		}
		if err != nil {
			return timeoutOf(ctx, err)
		}
	}
}

// Pause lets some time pass, on a manual clock until the next moment at which
// anything can happen.
func Pause(ctx context.Context, f *factory.Factory, duration time.Duration) error {
	if f.ManualClock() {
		return f.AdvanceClock(ctx)
	}
	return pause(ctx, duration)
}
