package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// CreateSandbox makes a pod on the node and returns its identifier.
func (n *Node) CreateSandbox(config container.SandboxConfig) string {
	id := cmp.Or(config.ID, n.world.newID())
	n.world.sandboxes[id] = container.NewSandbox(id, config, n.world.fabric, n.stack, n.machine)
	return id
}

// Sandbox finds a pod, or returns nil.
func (w *World) Sandbox(id string) *container.Sandbox {
	s := w.sandboxes[id]
	if s != nil && s.Kernel() != w.kernel {
		w.adopt(s)
		s = w.sandboxes[id]
	}
	return s
}

// RemoveSandbox takes a pod away, with its containers.
func (w *World) RemoveSandbox(id string) {
	s := w.Sandbox(id)
	if s == nil {
		return
	}
	for _, c := range slices.Clone(s.Containers()) {
		w.RemoveContainer(c.ID)
	}
	s.Stop()
	delete(w.sandboxes, id)
}

// CreateContainer makes a container in a pod and returns its identifier. The
// node must have the image (see Node.Image).
func (w *World) CreateContainer(sandbox string, config container.Config) (string, error) {
	s := w.Sandbox(sandbox)
	if s == nil {
		return "", fmt.Errorf("sandbox %q not found", sandbox)
	}
	if config.Image == nil {
		return "", fmt.Errorf("failed to create containerd container: image is missing")
	}
	id := cmp.Or(config.ID, w.newID())
	w.containers[id] = container.New(id, config, s, w.containerObserver)
	return id, nil
}

// containerObserver is whom containers tell of what happens.
func (w *World) containerObserver() container.Observer { return w.observer }

// Container finds a container, or returns nil.
func (w *World) Container(id string) *container.Container {
	c := w.containers[id]
	if c != nil && c.Sandbox().Kernel() != w.kernel {
		w.adopt(c.Sandbox())
		c = w.containers[id]
	}
	return c
}

// StartContainer starts a container. The observer hears of the outcome.
func (w *World) StartContainer(id string) {
	if c := w.Container(id); c != nil {
		c.Start()
	}
}

// SignalContainer sends a signal to a container's first process; 0 is the one
// that its image wants to be stopped with.
func (w *World) SignalContainer(id string, sig process.Signal) {
	c := w.Container(id)
	if c == nil {
		return
	}
	if sig == 0 {
		sig = c.StopSignal()
	}
	c.Signal(sig)
}

// RemoveContainer forgets a container. One that runs is ended without a word.
func (w *World) RemoveContainer(id string) {
	if c := w.Container(id); c != nil {
		c.Remove()
		delete(w.containers, id)
	}
}

// ExecSync runs a command in a container for a probe or hook; the observer
// hears of the outcome under the token.
func (w *World) ExecSync(id, token string, args []string, limit time.Duration) {
	c := w.Container(id)
	if c == nil {
		w.observer.ExecFinished(token, container.ExecResult{Code: -1, Err: fmt.Errorf("container %q not found", id)})
		return
	}
	c.ExecSync(token, args, limit)
}

// PortForward connects to a port of a pod, as from within it.
func (w *World) PortForward(sandbox string, port int) (*network.Conn, *network.Failure) {
	s := w.Sandbox(sandbox)
	if s == nil {
		return nil, &network.Failure{Err: fmt.Errorf("sandbox %q not found", sandbox)}
	}
	return s.Stack.Loopback("TCP", port)
}
