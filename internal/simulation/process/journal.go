package process

import (
	"fmt"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// unwind is what a coroutine panics with to leave a program that must not go
// on.
type unwind struct{}

// result is a value or an error, as one journal entry.
type result[T any] struct {
	value T
	err   error
}

// Do carries out a call that does not block. All that a program learns from
// the world, and all that it does to it, goes through Do or Await; what f
// returns must not be changed afterwards.
func Do[T any](p *Process, f func() T) T {
	if v, ok := replay[T](p); ok {
		return v
	}
	p.enter()
	v := f()
	p.record(v)
	return v
}

// Await carries out a call that may block: try is called until it reports
// success. It must have arranged for a wake-up of p's task when it fails.
func Await[T any](p *Process, try func() (T, bool)) T {
	if v, ok := replay[T](p); ok {
		return v
	}
	p.enter()
	for {
		v, ok := try()
		if ok {
			p.task.Disarm()
			p.record(v)
			return v
		}
		p.park()
	}
}

// Interruptible is Await for a call that ends with EINTR when a signal arrives
// that the process catches.
func Interruptible[T any](p *Process, try func() (T, error)) (T, error) {
	r := Await(p, func() (result[T], bool) {
		v, err := try()
		if err == filesystem.EAGAIN {
			if p.pending != 0 {
				return result[T]{err: filesystem.EINTR}, true
			}
			return result[T]{}, false
		}
		return result[T]{v, err}, true
	})
	return r.value, r.err
}

// do2 is Do for a value and an error.
func do2[T any](p *Process, f func() (T, error)) (T, error) {
	r := Do(p, func() result[T] {
		v, err := f()
		return result[T]{v, err}
	})
	return r.value, r.err
}

// doErr is Do for an error alone.
func doErr(p *Process, f func() error) error {
	return Do(p, func() result[struct{}] { return result[struct{}]{err: f()} }).err
}

// replay returns the answer that the call got before the process was copied.
func replay[T any](p *Process) (T, bool) {
	if p.cursor >= len(p.journal) {
		var none T
		return none, false
	}
	v, ok := p.journal[p.cursor].(T)
	if !ok {
		panic(fmt.Sprintf("process: replay of %q diverged: it asked for %T where %T was recorded", p.args, v, p.journal[p.cursor]))
	}
	p.cursor++
	return v, true
}

// record keeps the answer of a call. A process that died in the call does not
// return from it.
func (p *Process) record(v any) {
	if p.state != Running {
		panic(unwind{})
	}
	p.journal = append(p.journal, v)
	p.cursor = len(p.journal)
	p.spent = 0
}

// Replaying reports whether the program is being brought to where it stood
// when its world was forked.
func (p *Process) Replaying() bool { return p.cursor < len(p.journal) }

// Checkpoint says that program, run from its start, does what is left to do.
// What was recorded so far is forgotten, so that a program that runs for ever
// needs no memory for its past. The program must not hold anything that the
// running one changes.
func (p *Process) Checkpoint(program Program) {
	if p.Replaying() {
		return
	}
	p.program = program
	p.journal, p.cursor, p.spent = nil, 0, 0
}

// JournalSize is the number of answers kept since the last checkpoint.
func (p *Process) JournalSize() int {
	if p.Replaying() {
		return 0
	}
	return len(p.journal)
}

const (
	// burst is how many calls a process makes in one instant before it is
	// charged for the processor time, and steadyBurst when it has been charged
	// a few times already.
	burst       = 20000
	steadyBurst = 1000
	fewQuantums = 5
	// quantum is what a burst takes in simulated time, and longQuantum after
	// many of them, so that an endless loop can't hold up the clock for ever.
	quantum      = 10 * time.Millisecond
	longQuantum  = time.Second
	manyQuantums = 200
	// spawnCalls is what starting a process counts for.
	spawnCalls = 20
)

// enter begins a call: it makes a process that computes without end give way
// to the clock.
func (p *Process) enter() {
	if p.state != Running {
		panic(unwind{})
	}
	now := p.kernel().Now()
	if !now.Equal(p.busySince) {
		if now.After(p.napUntil) {
			p.naps = 0
		}
		p.busySince, p.calls = now, 0
	}
	if p.calls++; p.calls > burst || p.calls > steadyBurst && p.naps > fewQuantums {
		p.naps++
		p.calls = 0
		p.napUntil = now.Add(quantum)
		if p.naps > manyQuantums {
			p.napUntil = now.Add(longQuantum)
		}
	}
	p.nap()
}

// nap waits until the processor time that the process used has passed.
func (p *Process) nap() {
	for p.napUntil.After(p.kernel().Now()) {
		p.task.WakeAt(p.napUntil)
		p.park()
	}
}

// Spend counts as a call that does nothing. Programs that may compute for ever
// make it now and then. It leaves no journal entry: a copy of the process
// repeats those since the last one, without counting them again.
func (p *Process) Spend() {
	switch {
	case p.Replaying():
	case p.repeat > 0:
		if p.repeat--; p.repeat == 0 {
			p.nap()
		}
	default:
		p.spent++
		p.enter()
	}
}
