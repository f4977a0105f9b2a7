package portforward

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/pods"
)

// reconnectInterval is the pause before a pod is looked for again.
const reconnectInterval = 500 * time.Millisecond

// forwardForGood forwards to a pod and, whenever the connection to it is lost,
// to the pod that has taken its place, until ctx ends. What is wrong at the
// first try ends it too.
func (o *options) forwardForGood(ctx context.Context, f *factory.Factory, name string, typed []string) error {
	said := ""
	for connected := false; ; {
		pod, ports, err := o.findRunning(ctx, f, name, typed)
		if err == nil {
			ready := make(chan struct{})
			err = o.forward(ctx, f, pod, ports, ready)
			connected = connected || closed(ready)
			if err != nil && connected {
				err = fmt.Errorf("pod/%s: %w", pod.Name, err)
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !connected:
			return err
		case err != nil && err.Error() != said:
			said = err.Error()
			fmt.Fprintf(f.ErrOut, "%v; trying again\n", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnectInterval):
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// findRunning is find for a pod that runs and is to stay.
func (o *options) findRunning(ctx context.Context, f *factory.Factory, name string, typed []string) (*corev1.Pod, []string, error) {
	pod, ports, err := o.find(ctx, f, name, typed)
	if err != nil {
		return nil, nil, err
	}
	if pod, err = pods.Get(ctx, f, pod.Namespace, pod.Name); err != nil {
		return nil, nil, err
	}
	switch {
	case pod.Status.Phase != corev1.PodRunning:
		return nil, nil, fmt.Errorf("unable to forward port because pod is not running. Current status=%v", pod.Status.Phase)
	case o.reconnect && pod.DeletionTimestamp != nil:
		return nil, nil, fmt.Errorf("pod/%s is being deleted", pod.Name)
	}
	return pod, ports, nil
}
