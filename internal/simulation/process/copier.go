package process

import (
	"slices"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// Copier copies what a world consists of, each thing once, so that what was
// shared in the original is shared in the copy.
type Copier struct {
	Kernel *Kernel // of the copy
	Owner  any     // what the copy belongs to, for those who copy themselves
	memo   map[any]any
	last   []afterwards
	late   bool // the fork runs already
}

// Guard stands for something that forks copy only when they need it, or when
// the original is about to change. Whoever changes what a guard stands for
// must call Kernel.Touch before.
type Guard struct {
	Owner any
	epoch uint64 // no fork before this one lacks its copy
}

// Touch says that what g stands for is about to change.
func (k *Kernel) Touch(g *Guard) {
	if g == nil || g.epoch == k.epoch {
		return
	}
	if k.touch != nil {
		k.touch(g)
	}
	g.epoch = k.epoch
}

// OnTouch says what to do about things that are about to change and that forks
// may not have copied yet.
func (k *Kernel) OnTouch(f func(g *Guard)) { k.touch = f }

// afterwards is what is left to do when everything has been copied.
type afterwards struct {
	key string
	f   func()
}

// Then calls f when everything has been copied, in the order of the keys.
func (c *Copier) Then(key string, f func()) { c.last = append(c.last, afterwards{key, f}) }

// Fork returns a kernel on another clock, and the copier that moves the tasks
// of k there. What is not copied through it does not run in the fork; call
// Finish at the end.
func (k *Kernel) Fork(clock Clock) (*Kernel, *Copier) {
	k.epoch++
	fork := &Kernel{clock: clock, seed: k.seed, armed: k.armed}
	return fork, &Copier{Kernel: fork, memo: map[any]any{}}
}

// Finish gives the fork the queue and the timers of the original.
func (c *Copier) Finish(original *Kernel) {
	for _, t := range original.ready[original.head:] {
		c.Kernel.ready = append(c.Kernel.ready, t.owner.CopyRunner(c))
	}
	c.Kernel.timers.seq = original.timers.seq
	for _, t := range original.timers.heap {
		c.Kernel.timers.heap = append(c.Kernel.timers.heap, t.owner.CopyRunner(c))
	}
	c.Settle()
	c.late = true
}

// Settle does what was left to do after copying.
func (c *Copier) Settle() {
	slices.SortStableFunc(c.last, func(a, b afterwards) int { return strings.Compare(a.key, b.key) })
	for _, then := range c.last {
		then.f()
	}
	c.last = nil
}

// Copy returns the copy of old: the one made before, or a new one, which fill
// completes. A nil has a nil copy.
func Copy[T any](c *Copier, old *T, fill func(fresh *T)) *T {
	if old == nil {
		return nil
	}
	if done, ok := c.memo[old]; ok {
		return done.(*T)
	}
	fresh := new(T)
	*fresh = *old
	c.memo[old] = fresh
	fill(fresh)
	return fresh
}

// Copied reports whether something has been copied.
func (c *Copier) Copied(old any) bool {
	_, ok := c.memo[old]
	return ok
}

// CopyTask is the task of fresh, which is the copy of a runner with the task
// old.
func CopyTask(c *Copier, old *Task, fresh Runner) Task { return old.copyTask(c, fresh) }

// FileSystem is the copy of a file system.
func (c *Copier) FileSystem(old *filesystem.FileSystem) *filesystem.FileSystem {
	if old == nil {
		return nil
	}
	if done, ok := c.memo[old]; ok {
		return done.(*filesystem.FileSystem)
	}
	fresh := old.Clone()
	c.memo[old] = fresh
	return fresh
}
