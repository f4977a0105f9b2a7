package fakecluster

import (
	"fmt"

	"github.com/kubejig/kubejig/internal/listener"
	"github.com/kubejig/kubejig/internal/pki"
)

// Listener is a socket on which a cluster is served.
type Listener = listener.Listener

// Serve serves the cluster's API over HTTPS on a loopback port, 0 for a free
// one. It answers nobody without a certificate or token of the cluster, unless
// roles decide what such a one may do; see [WithAuthorization].
func (c *Cluster) Serve(port int) (*Listener, error) {
	ca, err := pki.NewAuthority("kubejig-ca")
	if err != nil {
		return nil, fmt.Errorf("serve cluster %s: %w", c.options.name, err)
	}
	return c.listeners.Listen(port, listener.Options{Name: c.options.name, CA: ca, Handler: c.handler})
}
