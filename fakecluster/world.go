package fakecluster

import (
	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/console"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/simulation/node"
)

// simulate gives a cluster's nodes simulated containers.
func simulate(o *controlplane.Options) {
	o.World = node.New(node.Options{Seed: o.Seed})
	o.Streams = func(w controlplane.World, e controlplane.Edge) apiserver.Nodes {
		return &console.Console{
			World: w.(*node.World).Simulation(), Do: e.Do, Now: e.Now, Waiting: e.Waiting,
		}
	}
}
