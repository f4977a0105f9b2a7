package fakecluster

import (
	"context"
	"fmt"
	"net"
)

// DialContext connects to an address of the cluster's network, within the
// process: a pod's, a Service's, or a node's with a node port
// ("192.168.0.1:32600"). It is what an http.Transport needs to talk to what
// runs in the cluster; network is always "tcp".
func (c *Cluster) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, fmt.Errorf("dial %s %s: the cluster's network carries tcp only", network, address)
	}
	return c.plane.Server().Nodes.Dial(ctx, address)
}
