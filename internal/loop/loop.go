// Package loop is the engine's event loop: one clock, one queue of work, one
// seeded source of randomness.
//
// Everything in it is data. Work is a Key for a registered Handler, never a
// closure, so that a loop can be copied (Fork) together with the components
// that it drives. A Loop is not safe for concurrent use: whoever owns it (the
// control plane) serialises access. It starts no goroutine and reads no clock;
// time passes only when its owner says so.
package loop

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"
)

// Key names a piece of work within one Handler, usually an object.
type Key struct {
	Namespace string
	Name      string
}

// String is "namespace/name", or "name" where there is no namespace.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// Handler does the work of one component. Handle must not block.
type Handler interface {
	Handle(key Key)
}

// HandlerFunc lets a function be a Handler.
type HandlerFunc func(Key)

// Handle calls f.
func (f HandlerFunc) Handle(key Key) { f(key) }

// ID identifies a registered Handler within its loop and all forks of it.
type ID int

// Loop is the event loop. The zero value is not usable; see New.
type Loop struct {
	now      time.Time
	handlers []Handler
	tasks    tasks
	ready    queue
	timers   timers
	source   *rand.PCG
	random   *rand.Rand
	shuffle  bool
	failures map[job]int
}

// New returns a loop whose clock stands at start and whose randomness comes
// from seed alone.
func New(start time.Time, seed uint64) *Loop {
	source := rand.NewPCG(seed, 0x6b7562656a6967)
	return &Loop{
		now:    start,
		tasks:  tasks{},
		source: source,
		random: rand.New(source),

		failures: map[job]int{},
	}
}

// Register adds a component. Components must be registered in the same order
// in every fork, since their IDs are positions.
func (l *Loop) Register(h Handler) ID { return l.register(h, false) }

// RegisterBackground adds a component whose timers go on for ever and change
// nothing by themselves, such as heartbeats: who waits for something to happen
// need not wait for them.
func (l *Loop) RegisterBackground(h Handler) ID { return l.register(h, true) }

func (l *Loop) register(h Handler, background bool) ID {
	l.handlers = append(l.handlers, h)
	l.timers.background = append(l.timers.background, background)
	return ID(len(l.handlers) - 1)
}

// Now is the current instant of the cluster's clock.
func (l *Loop) Now() time.Time { return l.now }

// Rand is the loop's only source of randomness.
func (l *Loop) Rand() *rand.Rand { return l.random }

// Shuffle makes the loop choose at random among the work that is ready,
// instead of taking it first in, first out. The seed still determines the run.
func (l *Loop) Shuffle(on bool) { l.shuffle = on }

// Enqueue makes (id, key) ready to run at the current instant. Work that is
// already waiting is not added twice.
func (l *Loop) Enqueue(id ID, key Key) { l.ready.push(l.tasks.of(job{id, key})) }

// Arm sets the timer of (id, key) to fire at the given instant, replacing the
// one that was set before. An instant that has passed fires at once.
func (l *Loop) Arm(id ID, key Key, at time.Time) {
	l.timers.set(l.tasks.of(job{id, key}), at)
}

// ArmAfter is Arm at d from now.
func (l *Loop) ArmAfter(id ID, key Key, d time.Duration) { l.Arm(id, key, l.now.Add(d)) }

// ArmEarlier is Arm, unless the timer that is set fires before.
func (l *Loop) ArmEarlier(id ID, key Key, at time.Time) {
	t := l.tasks.of(job{id, key})
	if l.timers.earlier(at, t) {
		l.timers.set(t, at)
	}
}

// Disarm removes the timer of (id, key), if there is one.
func (l *Loop) Disarm(id ID, key Key) {
	if t, ok := l.tasks[job{id, key}]; ok {
		l.timers.remove(t)
		l.tasks.settle(t)
	}
}

// Step runs one piece of ready work and reports whether there was one.
func (l *Loop) Step() bool {
	t, ok := l.next()
	if !ok {
		return false
	}
	l.handlers[t.job.id].Handle(t.job.key)
	l.tasks.settle(t)
	return true
}

func (l *Loop) next() (*task, bool) {
	if l.shuffle {
		return l.ready.take(l.random.IntN)
	}
	return l.ready.pop()
}

// maxSteps bounds the work of one instant: components that keep waking each
// other without time passing are a bug, not a long settle.
const maxSteps = 20_000_000

// Settle runs all work of the current instant, due timers included, until the
// cluster is at rest. It panics when the cluster never comes to rest.
func (l *Loop) Settle() {
	for n := 0; ; n++ {
		if !l.Step() && !l.fire() {
			return
		}
		if n > maxSteps {
			panic(fmt.Sprintf("loop: no rest at %s after %d steps", l.now.Format(time.RFC3339Nano), n))
		}
	}
}

// fire makes the work of the timers due now ready, and reports whether there
// were any.
func (l *Loop) fire() bool {
	fired := false
	for {
		t, ok := l.timers.popDue(l.now)
		if !ok {
			return fired
		}
		l.ready.push(t)
		fired = true
	}
}

// AtRest reports whether nothing is left to do at the current instant.
func (l *Loop) AtRest() bool {
	at, ok := l.timers.next()
	return l.ready.len() == 0 && (!ok || at.After(l.now))
}

// NextTimer is the instant of the earliest timer, if there is one.
func (l *Loop) NextTimer() (time.Time, bool) { return l.timers.next() }

// Pending is the number of timers that are not background ones.
func (l *Loop) Pending() int { return l.timers.foreground }

// AdvanceTo lets time run to the given instant, settling at each timer on the
// way and at the end. An instant that has passed only settles.
func (l *Loop) AdvanceTo(t time.Time) {
	l.Settle()
	for {
		at, ok := l.timers.next()
		if !ok || at.After(t) {
			break
		}
		l.now = at
		l.Settle()
	}
	if t.After(l.now) {
		l.now = t
	}
}

// SetNow moves the clock without running anything: for an owner whose clock is
// the wall's, which then runs what is due step by step. Time never goes back.
func (l *Loop) SetNow(t time.Time) {
	if t.After(l.now) {
		l.now = t
	}
	l.fire()
}

// Fork returns a copy of the loop at the same instant with the same work,
// timers and randomness, but without handlers: the fork's components are
// registered anew, in the same order.
func (l *Loop) Fork() *Loop {
	source := *l.source
	waiting := make(tasks, len(l.tasks))
	timers := l.timers.fork(waiting)
	return &Loop{
		now:      l.now,
		tasks:    waiting,
		ready:    l.ready.fork(waiting),
		timers:   timers,
		source:   &source,
		random:   rand.New(&source),
		shuffle:  l.shuffle,
		failures: maps.Clone(l.failures),
	}
}
