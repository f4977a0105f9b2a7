package cluster

import (
	"context"
	"fmt"
	"io"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/fakecluster"
)

// world is a cluster that is served from this process.
type world struct {
	url        string
	kubeconfig *clientcmdapi.Config
	close      func()
}

// open starts a cluster with the driver that the options name, and serves it
// at an endpoint.
func (o *options) open(ctx context.Context, name string, at endpoint, now time.Time, errOut io.Writer) (*world, error) {
	switch o.Driver {
	case fakeDriver:
		return o.openFake(ctx, name, at, now)
	case containerdDriver:
		return o.openContainerd(ctx, name, at, errOut)
	}
	return nil, fmt.Errorf("--driver: unknown driver %q: must be one of fake, containerd", o.Driver)
}

// openFake does not wait for the cluster when ctx ends: all of it is in this
// process.
func (o *options) openFake(ctx context.Context, name string, at endpoint, now time.Time) (*world, error) {
	opts, err := o.fake(name, now)
	if err != nil {
		return nil, err
	}
	type result struct {
		world *world
		err   error
	}
	made := make(chan result, 1)
	go func() {
		world, err := serveFake(opts, at)
		made <- result{world, err}
	}()
	select {
	case r := <-made:
		return r.world, r.err
	case <-ctx.Done():
		return nil, failure.Silent
	}
}

func serveFake(opts []fakecluster.Option, at endpoint) (*world, error) {
	cluster, err := fakecluster.New(opts...)
	if err != nil {
		return nil, err
	}
	listener, err := cluster.ServeAt(at.address(), at.Hosts...)
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return &world{url: listener.URL, kubeconfig: listener.Kubeconfig(), close: cluster.Close}, nil
}
