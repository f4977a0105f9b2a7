package fakecluster

import "net/http"

// HandleWebhook lets a handler answer for the admission webhooks of a host, in
// the process and without certificates: for those whose URL has the host, such as
// "webhooks.example.com", or whose Service is SERVICE in NAMESPACE with a host of
// "SERVICE.NAMESPACE.svc". Others are called over the network.
//
// A webhook may use the cluster, which waits for it meanwhile; Advance, WaitFor and
// Fork wait until it has answered.
func (c *Cluster) HandleWebhook(host string, h http.Handler) { c.plane.HandleWebhook(host, h) }
