package process

import (
	"container/heap"
	"slices"
	"time"
)

// Runner is what a Task runs. Run must not block; CopyRunner returns the copy
// of the runner in a forked world.
type Runner interface {
	Run()
	CopyRunner(c *Copier) *Task
}

// Task is a place in a kernel's queue and timers. It is embedded in what it
// runs.
type Task struct {
	kernel *Kernel
	owner  Runner
	guard  *Guard
	queued bool
	at     time.Time // zero: no timer
	seq    uint64    // order among timers of the same instant
	index  int
}

// Init binds a task to its kernel and runner.
func (t *Task) Init(k *Kernel, owner Runner) { *t = Task{kernel: k, owner: owner} }

// Protect says what is about to change when the task runs.
func (t *Task) Protect(g *Guard) { t.guard = g }

// Kernel is the kernel that runs the task.
func (t *Task) Kernel() *Kernel { return t.kernel }

// Wake makes the task ready, unless it is.
func (t *Task) Wake() {
	if t.queued {
		return
	}
	t.queued = true
	t.kernel.ready = append(t.kernel.ready, t)
	if !t.kernel.inRun {
		t.kernel.clock.Wake()
	}
}

// WakeAt sets the task's timer, in the place of an earlier one.
func (t *Task) WakeAt(at time.Time) {
	if t.at.Equal(at) {
		return
	}
	t.Disarm()
	k := t.kernel
	k.timers.seq++
	t.at, t.seq = at, k.timers.seq
	heap.Push(&k.timers, t)
	if !k.inRun {
		k.arm()
	}
}

// Disarm removes the task's timer, if it has one.
func (t *Task) Disarm() {
	if t.at.IsZero() {
		return
	}
	heap.Remove(&t.kernel.timers, t.index)
	t.at = time.Time{}
	if !t.kernel.inRun {
		t.kernel.arm()
	}
}

// copyTask gives the copy of a runner its task: ready and armed as the
// original is.
func (t *Task) copyTask(c *Copier, owner Runner) Task {
	if c.late {
		return Task{kernel: c.Kernel, owner: owner}
	}
	return Task{kernel: c.Kernel, owner: owner, queued: t.queued, at: t.at, seq: t.seq, index: t.index}
}

// Waiters are the tasks to wake when something changes.
type Waiters struct{ tasks []*Task }

// Add registers a task for the next wake-up.
func (w *Waiters) Add(t *Task) {
	if t != nil && !slices.Contains(w.tasks, t) {
		w.tasks = append(w.tasks, t)
	}
}

// Wake wakes and forgets all tasks.
func (w *Waiters) Wake() {
	tasks := w.tasks
	w.tasks = nil
	for _, t := range tasks {
		t.Wake()
	}
}

// Copy returns the same tasks in a forked world.
func (w Waiters) Copy(c *Copier) Waiters {
	var out Waiters
	for _, t := range w.tasks {
		out.tasks = append(out.tasks, t.owner.CopyRunner(c))
	}
	return out
}

// timers are the armed tasks, as a heap by time and then by order of setting.
type timers struct {
	heap []*Task
	seq  uint64
}

func (t *timers) Len() int { return len(t.heap) }

func (t *timers) Less(i, j int) bool {
	a, b := t.heap[i], t.heap[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.seq < b.seq
}

func (t *timers) Swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.heap[i].index, t.heap[j].index = i, j
}

// Push is part of heap.Interface.
func (t *timers) Push(x any) {
	task := x.(*Task)
	task.index = len(t.heap)
	t.heap = append(t.heap, task)
}

// Pop is part of heap.Interface.
func (t *timers) Pop() any {
	last := len(t.heap) - 1
	task := t.heap[last]
	t.heap = t.heap[:last]
	return task
}

// next is when the first timer is due, or zero.
func (t *timers) next() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].at
}

// fire wakes the tasks whose time has come.
func (t *timers) fire(now time.Time) {
	for len(t.heap) > 0 && !t.heap[0].at.After(now) {
		task := heap.Pop(t).(*Task)
		task.at = time.Time{}
		task.Wake()
	}
}
