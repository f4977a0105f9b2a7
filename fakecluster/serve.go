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
func (c *Cluster) Serve(port int) (*Listener, error) { return c.ServeAt(listener.Loopback(port)) }

// ServeAt does what [Cluster.Serve] does on any TCP address of the machine, such
// as 0.0.0.0:6443. Its certificate is for that address, for 127.0.0.1 and localhost,
// with 0.0.0.0 or [::] for all that the machine has and its name, and for hosts, by
// which others may know it.
func (c *Cluster) ServeAt(address string, hosts ...string) (*Listener, error) {
	ca, err := pki.NewAuthority("kubejig-ca")
	if err != nil {
		return nil, fmt.Errorf("serve cluster %s: %w", c.options.name, err)
	}
	return c.listeners.Listen(address, listener.Options{
		Name: c.options.name, CA: ca, Hosts: hosts, Handler: c.handler,
	})
}
