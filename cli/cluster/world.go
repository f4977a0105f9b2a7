package cluster

import (
	"context"
	"fmt"
	"io"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/fakecluster"
)

// world is a cluster that is served from this process.
type world struct {
	url        string
	kubeconfig *clientcmdapi.Config
	close      func()
}

// open starts a cluster with the driver that the options name, and serves it.
func (o *options) open(ctx context.Context, name string, port int, now time.Time, errOut io.Writer) (*world, error) {
	switch o.Driver {
	case fakeDriver:
		return o.openFake(name, port, now)
	case containerdDriver:
		return o.openContainerd(ctx, name, port, errOut)
	}
	return nil, fmt.Errorf("--driver: unknown driver %q: must be one of fake, containerd", o.Driver)
}

func (o *options) openFake(name string, port int, now time.Time) (*world, error) {
	opts, err := o.fake(name, now)
	if err != nil {
		return nil, err
	}
	cluster, err := fakecluster.New(opts...)
	if err != nil {
		return nil, err
	}
	listener, err := cluster.Serve(port)
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return &world{url: listener.URL, kubeconfig: listener.Kubeconfig(), close: cluster.Close}, nil
}
