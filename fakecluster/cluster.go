// Package fakecluster is a whole Kubernetes in this process: API server,
// controllers, scheduler and nodes, deterministic and fast enough to start anew
// in every test.
//
//	cluster, err := fakecluster.New(fakecluster.WithNodes(3))
//	if err != nil { ... }
//	defer cluster.Close()
//	client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
//
// Nothing but the nodes' containers is simulated: objects are validated,
// defaulted and admitted, controllers and scheduler act, and pods run, all with
// the names, messages and timing of Kubernetes 1.37. Time is the cluster's own.
// On the default clock it stands still until Advance, WaitFor or a waiting
// command lets it pass, and it passes at once; see Clock.
//
// A cluster with the same options that gets the same requests in the same order
// gives the same bytes, in every run and on every machine.
package fakecluster

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/internal/apiserver/inprocess"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/listener"
)

// Cluster is a running cluster. Its methods may be called from any goroutine.
type Cluster struct {
	plane   *controlplane.ControlPlane
	handler http.Handler
	options options

	close     sync.Once
	listeners listener.Group
}

// New starts a cluster and returns when it is ready. It opens no socket; see
// Serve. Close ends it.
func New(opts ...Option) (*Cluster, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("fakecluster: %w", err)
	}
	plane := controlplane.New(o.plane)
	return assemble(plane, o), nil
}

func assemble(plane *controlplane.ControlPlane, o options) *Cluster {
	c := &Cluster{plane: plane, options: o}
	c.handler = plane.Handler()
	return c
}

// RESTConfig is a client configuration for client-go that reaches the cluster
// within the process, as a cluster administrator.
func (c *Cluster) RESTConfig() *rest.Config {
	config := inprocess.Config(c.options.name, c.handler)
	config.QPS = -1 // the cluster is never overloaded by its own process
	return config
}

// Handler answers the cluster's API, for tests that bring their own transport.
// Requests that carry no credentials act as a cluster administrator.
func (c *Cluster) Handler() http.Handler { return c.handler }

// Now is the cluster's time.
func (c *Cluster) Now() time.Time { return c.plane.Now() }

// Advance lets a duration of cluster time pass, with all that happens in it.
// On a wall clock it waits.
func (c *Cluster) Advance(d time.Duration) {
	_ = c.plane.Advance(context.Background(), d) // only a context ends it early
}

// Settle lets everything happen that can at the current instant. Between two
// requests a cluster settles by itself; it is for what a test has done by other
// means.
func (c *Cluster) Settle() { c.plane.Do(func() {}) }

// Close ends the cluster: its listeners, watches, streams and goroutines. A
// closed cluster refuses requests.
func (c *Cluster) Close() {
	c.close.Do(func() {
		c.plane.Close() // ends the watches, for which listeners would wait
		c.listeners.Close()
	})
}
