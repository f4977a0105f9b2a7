package simulation

import (
	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// ForkOptions are what a fork does not share with its original.
type ForkOptions struct {
	Clock     process.Clock // must stand at the same instant as the original's
	Directory network.Directory
	Observer  Observer
}

// Fork returns an independent copy of the world. Files and logs are shared
// until they change, and processes are brought to life again, by replaying
// what they have seen, when something wakes them. Clients from outside (exec
// sessions, attachments, connections) stay with the original.
func (w *World) Fork(o ForkOptions) *World {
	kernel, c := w.kernel.Fork(o.Clock)
	f := &World{
		kernel: kernel, fabric: w.fabric.Copy(c), catalog: w.catalog.Clone(), observer: o.Observer,
		nodes:      make(map[string]*Node, len(w.nodes)),
		sandboxes:  make(map[string]*container.Sandbox, len(w.sandboxes)),
		containers: make(map[string]*container.Container, len(w.containers)),
		volumes:    make(map[string]*container.Volume, len(w.volumes)),
	}
	f.fabric.SetDirectory(o.Directory)
	for name, n := range w.nodes {
		fresh := n.copy(c)
		fresh.world = f
		f.nodes[name] = fresh
	}
	for id, s := range w.sandboxes {
		f.sandboxes[id] = s.Copy(c)
	}
	for id, old := range w.containers {
		fresh := old.Copy(c)
		fresh.Observe(f.containerObserver)
		f.containers[id] = fresh
	}
	for id, v := range w.volumes {
		f.volumes[id] = v.Copy(c)
	}
	c.Finish(w.kernel)
	return f
}
