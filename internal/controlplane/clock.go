package controlplane

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/store"
)

// Clock says how a cluster's time passes.
type Clock int

const (
	// Manual time moves only by Advance, Step and WaitFor. Between two
	// requests the cluster settles at its current instant.
	Manual Clock = iota
	// Wall time is the machine's.
	Wall
	// Auto time is manual time that jumps on whenever the cluster is at rest
	// and a client waits on it.
	Auto
)

// ParseClock reads "manual", "wall" or "auto".
func ParseClock(s string) (Clock, error) {
	for c, name := range clockNames {
		if s == name {
			return Clock(c), nil
		}
	}
	return 0, fmt.Errorf("unknown clock %q: must be one of manual, wall, auto", s)
}

var clockNames = [...]string{Manual: "manual", Wall: "wall", Auto: "auto"}

func (c Clock) String() string { return clockNames[c] }

// How long, in real time, an auto clock leaves clients to act before time jumps
// on: long enough for a program to react to what it has been told, and hardly
// at all when nothing has happened that it could wait for.
const (
	idleAfterNews  = 20 * time.Millisecond
	idleAfterQuiet = time.Millisecond
)

// batch is how many steps a wall clock's driver does between giving others a
// turn.
const batch = 256

// Do runs f with exclusive access to the engine. It returns when f has: on
// manual and auto clocks, what f caused to happen at this instant has happened
// too.
func (c *ControlPlane) Do(f func()) {
	c.engine.Lock()
	defer c.engine.Unlock()
	if c.clock == Wall {
		c.loop.SetNow(time.Now())
		defer c.poke()
	} else {
		c.active.Store(time.Now().UnixNano())
		c.pause.Store(int64(idleAfterNews))
		defer c.turn(c.loop.Settle)
	}
	f()
}

// Now is the cluster's time.
func (c *ControlPlane) Now() (now time.Time) {
	c.Do(func() { now = c.loop.Now() })
	return now
}

// Waiting notes that a client starts (+1) or stops (-1) to wait for something
// to happen: a watch, or a stream that follows.
func (c *ControlPlane) Waiting(n int) {
	c.waiters.Add(int64(n))
	c.poke()
}

// poke wakes the driver, if there is one.
func (c *ControlPlane) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// drive runs the engine of a wall or auto clock until the context ends.
func (c *ControlPlane) drive(ctx context.Context) {
	defer close(c.driven)
	next := c.runDue
	if c.clock == Auto {
		next = c.jump
	}
	for ctx.Err() == nil {
		delay, ok := next()
		if ok && delay <= 0 {
			continue // others had their turn when the lock was free
		}
		var timer <-chan time.Time
		if ok {
			timer = time.After(delay)
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer:
		}
	}
}

// runDue does what is due, and returns when the next timer is.
func (c *ControlPlane) runDue() (time.Duration, bool) {
	c.engine.Lock()
	defer c.engine.Unlock()
	c.awaitTurn()
	c.loop.SetNow(time.Now())
	idle := false
	c.turn(func() {
		for range batch {
			if idle = !c.loop.Step(); idle {
				return
			}
		}
	})
	if !idle {
		return 0, true
	}
	at, ok := c.loop.NextTimer()
	return time.Until(at), ok
}

// jump moves an auto clock on when somebody waits and nobody is at work, as
// long as something can still happen.
func (c *ControlPlane) jump() (time.Duration, bool) {
	c.engine.Lock()
	defer c.engine.Unlock()
	if c.waiters.Load() == 0 && !c.polled() {
		return 0, false
	}
	if c.away > 0 {
		return idleAfterQuiet, true // who is outside is at work
	}
	idle := time.Duration(time.Now().UnixNano() - c.active.Load())
	if pause := time.Duration(c.pause.Load()); idle < pause {
		return pause - idle, true
	}
	at, ok := c.loop.NextTimer()
	if !ok || c.loop.Pending() == 0 && at.After(c.changed.Add(quiet)) {
		return 0, false
	}
	before, pause := c.changes, idleAfterQuiet
	c.turn(func() { c.loop.AdvanceTo(at) })
	if c.changes != before {
		pause = idleAfterNews
	}
	c.active.Store(time.Now().UnixNano())
	c.pause.Store(int64(pause))
	return pause, true
}

// Advance lets a duration of cluster time pass. On a wall clock it waits.
func (c *ControlPlane) Advance(ctx context.Context, d time.Duration) error {
	if c.clock == Wall {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
	c.Do(func() {
		c.awaitTurn()
		c.turn(func() { c.loop.AdvanceTo(c.loop.Now().Add(d)) })
	})
	return nil
}

// quiet is how long nothing but heartbeats must happen until a cluster without
// pending timers counts as idle: longer than the slowest reaction to a missing
// heartbeat (50 s until a node is Unknown, 5 min until its pods are evicted).
const quiet = 6 * time.Minute

// Step lets time pass until something happens that is more than a heartbeat.
// idle is true when nothing will.
func (c *ControlPlane) Step() (idle bool) {
	c.Do(func() {
		c.awaitTurn()
		c.turn(func() { idle = c.step() })
	})
	return idle
}

func (c *ControlPlane) step() (idle bool) {
	before := c.changes
	deadline := c.loop.Now().Add(quiet)
	for c.changes == before {
		at, ok := c.loop.NextTimer()
		if !ok || c.loop.Pending() == 0 && at.After(deadline) {
			return true
		}
		c.loop.AdvanceTo(at)
	}
	return false
}

// countChanges notes writes that are more than a heartbeat.
func (c *ControlPlane) countChanges(ev store.Event) {
	if !isRoutine(ev) {
		c.changes++
		c.changed = c.loop.Now()
	}
}

// isRoutine reports whether a write tells nothing new: it is a heartbeat, or an
// event that is repeated or has expired.
func isRoutine(ev store.Event) bool {
	switch ev.Resource().Resource {
	case "events":
		return ev.Type != store.Added
	case "leases":
		return ev.Type == store.Modified
	case "nodes":
		return ev.Type == store.Modified && sameNode(ev.Item.Object, ev.Old.Object)
	}
	return false
}

func sameNode(a, b store.Object) bool {
	node, ok := a.(*corev1.Node)
	old, was := b.(*corev1.Node)
	return ok && was && sameConditions(node.Status.Conditions, old.Status.Conditions) &&
		node.Generation == old.Generation && len(node.Spec.Taints) == len(old.Spec.Taints)
}

func sameConditions(a, b []corev1.NodeCondition) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Status != b[i].Status || a[i].Reason != b[i].Reason {
			return false
		}
	}
	return true
}
