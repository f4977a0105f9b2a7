package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	containerdshim "github.com/kubejig/kubejig/containerd-shim"
)

// openContainerd starts a cluster whose node runs real containers on this
// machine. errOut gets failures of the node that concern no pod.
func (o *options) openContainerd(ctx context.Context, name string, at endpoint, errOut io.Writer) (*world, error) {
	cluster, err := containerdshim.Start(ctx, containerdshim.Options{
		Name: name, Socket: o.Socket, RBAC: o.Authorization == "RBAC", Complaints: errOut,
	})
	if err != nil {
		return nil, err
	}
	if err := load(ctx, cluster, o.Load); err != nil {
		cluster.Close()
		return nil, err
	}
	listener, err := cluster.ServeAt(at.address(), at.Hosts...)
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return &world{url: listener.URL, kubeconfig: listener.Kubeconfig(), close: cluster.Close}, nil
}

// checkContainerd refuses what only simulated nodes can do.
func (o *options) checkContainerd() error {
	switch {
	case o.Nodes != 1:
		return errors.New("--nodes: a cluster of real containers has one node, so far")
	case o.Clock != "wall":
		return fmt.Errorf("--clock: real containers live by the wall clock, not by a %s one", o.Clock)
	case o.StartTime != "":
		return errors.New("--start-time: real containers live by the wall clock")
	case o.TokenAuthFile != "":
		return errors.New("--token-auth-file is not supported with real containers, so far")
	}
	if _, err := os.Stat(o.Socket); o.Socket != "" && err != nil {
		return fmt.Errorf("--containerd-socket: %w", err)
	}
	for _, path := range o.Load {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("--load: %w", err)
		}
	}
	return nil
}

// load adds the images of archives to the cluster's node.
func load(ctx context.Context, cluster *containerdshim.Cluster, archives []string) error {
	for _, path := range archives {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("--load: %w", err)
		}
		err = cluster.Load(ctx, file)
		file.Close()
		if err != nil {
			return fmt.Errorf("--load %s: %w", path, err)
		}
	}
	return nil
}
