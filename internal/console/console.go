// Package console is what people see of simulated containers from outside:
// logs, exec, attach, port-forward, and connections into the cluster's network.
//
// It is an edge. The simulation never blocks and knows no goroutines; clients
// block. Each call here waits on its client's goroutine, goes into the engine
// for as long as it takes to move some bytes, and is woken by the simulation
// when there are more. It decides nothing.
package console

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/simulation"
	"github.com/kubejig/kubejig/internal/simulation/container"
)

// Console implements apiserver.Nodes over a simulated world.
type Console struct {
	World *simulation.World
	// Do runs a function with exclusive access to the engine, and lets what it
	// caused happen.
	Do func(func())
	// Now is the cluster's time. It is called within Do.
	Now func() time.Time
	// Waiting is told when a client starts (+1) and stops (-1) to wait.
	Waiting func(int)
}

// signal wakes whoever waits on it; signals that nobody has taken are one.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// idPrefix is how the API shows whose IDs those of containers are.
const idPrefix = "containerd://"

// statusOf finds the status of a container in a pod, nil when there is none.
func statusOf(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{
		pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses, pod.Status.EphemeralContainerStatuses,
	} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// running finds a container that commands can be run in. It is called within
// Do.
func (c *Console) running(pod *corev1.Pod, name string) (*container.Container, error) {
	status := statusOf(pod, name)
	if status == nil || status.State.Running == nil {
		return nil, notFound(name)
	}
	found := c.World.Container(strings.TrimPrefix(status.ContainerID, idPrefix))
	if found == nil {
		return nil, notFound(name)
	}
	return found, nil
}

// notFound is a kubelet's answer where a container does not run.
func notFound(name string) error {
	return apierrors.NewInternalError(fmt.Errorf("container not found (%q)", name))
}
