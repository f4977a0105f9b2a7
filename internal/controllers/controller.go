// Package controllers is what all built-in controllers share: which events
// wake them, and how a key is retried. Each controller is a package below.
//
// A controller is a function from a key and the state of the cluster to
// writes. It keeps no state of its own beyond what it can rebuild, so that a
// cluster can be forked at any instant; it reads the store through a client,
// never blocks, and asks for time through its Result.
package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Controller reconciles keys of one kind of work.
type Controller struct {
	// Name as Kubernetes has it: "deployment-controller".
	Name string
	// Watches say what wakes the controller.
	Watches []Watch
	// Reconcile brings the cluster nearer to what the object of a key asks
	// for. A failed key is tried again, later and later.
	Reconcile func(key loop.Key) (Result, error)
	// Start, if set, names the keys to reconcile when the cluster starts.
	Start []loop.Key
	// Retry is the delay after a first failure and the longest one. Default:
	// 5 ms and 1000 s.
	Retry [2]time.Duration
}

// Watch wakes a controller for the events of a resource.
type Watch struct {
	Resource schema.GroupResource
	// Keys are the keys to reconcile after an event. It must not write.
	Keys func(store.Event) []loop.Key
	// Delay lets events gather for a while before they are reconciled.
	Delay time.Duration
}

// Result asks for a key to be reconciled again, without a failure.
type Result struct {
	// After asks for it once this time has passed; 0 for not at all.
	After time.Duration
}

// Each wakes a controller with the key of the object itself.
func Each(resource schema.GroupResource) Watch {
	return Watch{Resource: resource, Keys: func(ev store.Event) []loop.Key {
		return []loop.Key{KeyOf(ev.Item.Object)}
	}}
}

// KeyOf is the key of an object.
func KeyOf(obj store.Object) loop.Key {
	return loop.Key{Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

// Retry delays as in client-go's default rate limiter.
const (
	retryBase time.Duration = 5 * time.Millisecond
	retryMax  time.Duration = 1000 * time.Second
)

// runner drives a controller from the loop.
type runner struct {
	*Controller
	loop *loop.Loop
	id   loop.ID
}

// Run adds a controller to the loop of a registry and returns its ID there.
// Controllers must be added in the same order in every fork.
func Run(r *registry.Registry, c *Controller) loop.ID {
	return start(r, c, r.Loop.Register)
}

// RunInBackground is Run for a controller whose timers only watch for what is
// missing; see loop.RegisterBackground.
func RunInBackground(r *registry.Registry, c *Controller) loop.ID {
	return start(r, c, r.Loop.RegisterBackground)
}

func start(r *registry.Registry, c *Controller, register func(loop.Handler) loop.ID) loop.ID {
	run := &runner{Controller: c, loop: r.Loop}
	run.id = register(run)
	for _, w := range c.Watches {
		r.Store.Follow(w.Resource, func(ev store.Event) {
			for _, key := range w.Keys(ev) {
				run.wake(key, w.Delay)
			}
		})
	}
	for _, key := range c.Start {
		r.Loop.Enqueue(run.id, key)
	}
	return run.id
}

func (r *runner) wake(key loop.Key, delay time.Duration) {
	if delay == 0 {
		r.loop.Enqueue(r.id, key)
		return
	}
	r.loop.ArmEarlier(r.id, key, r.loop.Now().Add(delay))
}

// Handle reconciles a key.
func (r *runner) Handle(key loop.Key) {
	result, err := r.Reconcile(key)
	if err != nil {
		r.loop.ArmAfter(r.id, key, r.backoff(key))
		return
	}
	r.loop.Succeeded(r.id, key)
	if result.After > 0 {
		r.loop.ArmEarlier(r.id, key, r.loop.Now().Add(result.After))
	}
}

// backoff is the time until a failed key is tried again.
func (r *runner) backoff(key loop.Key) time.Duration {
	first, longest := retryBase, retryMax
	if r.Retry[0] > 0 {
		first, longest = r.Retry[0], r.Retry[1]
	}
	n := r.loop.Failed(r.id, key)
	if n > 30 {
		return longest
	}
	return min(first<<n, longest)
}
