package simulation

import (
	"maps"
	"slices"
	"weak"

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
// what they have seen, when something wakes them. Pods in which nothing goes
// on are copied only when the fork asks for them or the original changes them.
// Clients from outside (exec sessions, attachments, connections) stay with the
// original.
func (w *World) Fork(o ForkOptions) *World {
	w.adoptAll()
	kernel, c := w.kernel.Fork(o.Clock)
	f := &World{
		kernel: kernel, copier: c, fabric: w.fabric.Copy(c), catalog: w.catalog.Clone(), observer: o.Observer,
		nodes:      make(map[string]*Node, len(w.nodes)),
		sandboxes:  maps.Clone(w.sandboxes),
		containers: maps.Clone(w.containers),
		volumes:    make(map[string]*container.Volume),
		inherited:  maps.Clone(w.volumes),
		pending:    len(w.sandboxes),
	}
	c.Owner = f.containerObserver
	f.connect(o.Directory)
	for _, name := range slices.Sorted(maps.Keys(w.nodes)) {
		fresh := w.nodes[name].copy(c)
		fresh.world = f
		f.nodes[name] = fresh
	}
	c.Finish(w.kernel)
	for _, id := range slices.Sorted(maps.Keys(w.sandboxes)) {
		if s := w.sandboxes[id]; !s.Quiet() || c.Copied(s) {
			f.adopt(s)
		}
	}
	w.forks = append(w.forks, weak.Make(f))
	return f
}

// connect wires a world's parts to each other.
func (w *World) connect(d network.Directory) {
	w.fabric.SetDirectory(d)
	w.fabric.OnMissing(func(g *process.Guard) { w.adopt(g.Owner.(*container.Sandbox)) })
	w.kernel.OnTouch(func(g *process.Guard) { w.handOut(g.Owner.(*container.Sandbox)) })
}

// handOut gives a pod that is about to change to the forks that lack it.
func (w *World) handOut(s *container.Sandbox) {
	live := w.forks[:0]
	for _, ref := range w.forks {
		if f := ref.Value(); f != nil && f.pending > 0 {
			f.adopt(s)
			live = append(live, ref)
		}
	}
	w.forks = live
}

// adopt copies a pod of the original into this fork, unless that was done.
func (w *World) adopt(s *container.Sandbox) {
	if w.copier == nil || w.sandboxes[s.ID] != s || s.Kernel() == w.kernel {
		return
	}
	fresh := s.Copy(w.copier)
	w.sandboxes[s.ID] = fresh
	for _, c := range fresh.Containers() {
		w.containers[c.ID] = c
	}
	w.copier.Settle()
	if w.pending--; w.pending == 0 {
		w.finishFork()
	}
}

// adoptAll copies everything that this fork lacks.
func (w *World) adoptAll() {
	if w.copier == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(w.sandboxes)) {
		w.adopt(w.sandboxes[id])
	}
	w.finishFork()
}

// finishFork lets go of the original.
func (w *World) finishFork() {
	for _, id := range slices.Sorted(maps.Keys(w.inherited)) {
		w.adoptVolume(id)
	}
	w.copier, w.pending = nil, 0
}

// adoptVolume copies a volume of the original into this fork, unless that was
// done.
func (w *World) adoptVolume(id string) {
	if v, ok := w.inherited[id]; ok && w.copier != nil {
		w.volumes[id] = v.Copy(w.copier)
		delete(w.inherited, id)
	}
}

// handOutVolume gives a volume that is about to change to the forks that lack
// it.
func (w *World) handOutVolume(id string) {
	for _, ref := range w.forks {
		if f := ref.Value(); f != nil {
			f.adoptVolume(id)
		}
	}
}
