package fakecluster

import (
	"fmt"
	"time"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// Clock says how a cluster's time passes.
type Clock = controlplane.Clock

const (
	// Manual time, the default, moves only by Advance and WaitFor.
	Manual = controlplane.Manual
	// Wall time is the machine's. In a testing/synctest bubble that is the
	// bubble's virtual time.
	Wall = controlplane.Wall
	// Auto time jumps on whenever the cluster is at rest and a client waits.
	Auto = controlplane.Auto
)

// ParseClock reads "manual", "wall" or "auto".
func ParseClock(s string) (Clock, error) { return controlplane.ParseClock(s) }

// Option changes what a cluster is like.
type Option func(*options) error

type options struct {
	name  string
	nodes int
	plane controlplane.Options
}

// defaultStart is when a cluster's time starts unless WithStart says
// otherwise: always the same, since it is part of the bytes of every object.
var defaultStart = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// DefaultNodes is how many nodes a cluster has unless WithNodes says otherwise.
const DefaultNodes = 3

func newOptions(opts []Option) (options, error) {
	o := options{
		name:  "kubejig",
		nodes: DefaultNodes,
		plane: controlplane.Options{Start: defaultStart, Seed: 1},
	}
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return options{}, err
		}
	}
	for i := range o.nodes {
		o.plane.Nodes = append(o.plane.Nodes, kubelet.Config{Name: fmt.Sprintf("node-%d", i+1)})
	}
	if err := issueTokens(&o.plane); err != nil {
		return options{}, err
	}
	simulate(&o.plane)
	return o, nil
}

// WithNodes sets the number of nodes, named node-1, node-2 and so on.
func WithNodes(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return fmt.Errorf("a cluster can't have %d nodes", n)
		}
		o.nodes = n
		return nil
	}
}

// WithSeed sets the seed of all that is random in the cluster: UIDs, generated
// names, addresses, and the choice among equals. Default: 1.
func WithSeed(seed uint64) Option {
	return func(o *options) error { o.plane.Seed = seed; return nil }
}

// WithClock sets how time passes. Default: Manual.
func WithClock(c Clock) Option {
	return func(o *options) error { o.plane.Clock = c; return nil }
}

// WithStart sets the cluster's first instant. Default: the start of 2026, UTC.
// A wall clock ignores it.
func WithStart(t time.Time) Option {
	return func(o *options) error { o.plane.Start = t; return nil }
}

// WithName sets the cluster's name, which kubeconfigs use for the cluster, its
// user and its context. Default: kubejig.
func WithName(name string) Option {
	return func(o *options) error { o.name = name; return nil }
}
