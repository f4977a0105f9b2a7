// Package process runs the programs of simulated containers as deterministic
// coroutines. A Kernel holds the processes of all containers of a world and
// runs one at a time, in an order that depends on nothing but their inputs.
//
// A program is Go code that blocks where a real one would (Sleep, Read, Wait);
// each such call gives the processor back. Every call goes through Do or
// Await, which keep what it returned: a coroutine can't be copied, so when a
// world is forked the copy's program runs again with the answers that the
// original got, until it stands at the same point.
//
// The package starts no goroutine that runs by itself (coroutines are
// iter.Pull's, resumed one at a time), reads no clock and no files.
package process

import (
	"time"
)

// Clock is the part of an event loop that a kernel needs.
type Clock interface {
	// Now is the current instant.
	Now() time.Time
	// Wake asks for a call of Kernel.Run at the current instant.
	Wake()
	// WakeAt asks for a call of Kernel.Run at t, instead of the time that was
	// asked for before; the zero time asks for none.
	WakeAt(t time.Time)
}

// Kernel runs tasks: first in, first out.
type Kernel struct {
	clock  Clock
	ready  []*Task
	head   int // of ready
	timers timers
	epoch  uint64 // forks so far
	touch  func(g *Guard)
	armed  time.Time
	seed   uint64
	inRun  bool
}

// NewKernel returns a kernel without tasks. The seed determines the random
// numbers that processes read.
func NewKernel(clock Clock, seed uint64) *Kernel {
	return &Kernel{clock: clock, seed: seed}
}

// Now is the current instant.
func (k *Kernel) Now() time.Time { return k.clock.Now() }

// Run runs all tasks that are ready and those whose time has come, until every
// one waits for something.
func (k *Kernel) Run() {
	k.inRun = true
	defer func() { k.inRun = false }()
	for {
		k.timers.fire(k.Now())
		t := k.next()
		if t == nil {
			break
		}
		t.queued = false
		k.Touch(t.guard)
		t.owner.Run()
	}
	k.arm()
}

// next takes the first task that is ready, if there is one.
func (k *Kernel) next() *Task {
	if k.head == len(k.ready) {
		k.ready, k.head = k.ready[:0], 0
		return nil
	}
	t := k.ready[k.head]
	k.ready[k.head] = nil
	k.head++
	return t
}

// arm asks the clock for a call when the next timer is due.
func (k *Kernel) arm() {
	next := k.timers.next()
	if next.Equal(k.armed) {
		return
	}
	k.armed = next
	k.clock.WakeAt(next)
}

// Random returns the next of a sequence that the seed determines (splitmix64).
func (k *Kernel) Random() uint64 {
	k.seed += 0x9e3779b97f4a7c15
	z := k.seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
