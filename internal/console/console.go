// Package console is what people see of simulated containers from outside:
// logs, exec, attach, port-forward, and connections into the cluster's network.
//
// It is an edge. The simulation never blocks and knows no goroutines; clients
// block. Each call here waits on its client's goroutine, goes into the engine
// for as long as it takes to move some bytes, and is woken by the simulation
// when there are more. It decides nothing.
package console

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/podstatus"
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

// running finds a container that commands can be run in. It is called within
// Do.
func (c *Console) running(pod *corev1.Pod, name string) (*container.Container, error) {
	id, err := podstatus.Running(pod, name)
	if err != nil {
		return nil, err
	}
	found := c.World.Container(id)
	if found == nil {
		return nil, podstatus.NotFound(name)
	}
	return found, nil
}
