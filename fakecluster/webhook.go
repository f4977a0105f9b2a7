package fakecluster

import "net/http"

// HandleWebhook lets a handler answer for the webhooks of a host, those of
// admission and those that convert custom resources, in the process and without
// certificates, in this cluster and all its forks: for those whose URL has the host, such as
// "webhooks.example.com", or whose Service is SERVICE in NAMESPACE with a host of
// "SERVICE.NAMESPACE.svc". Others are called over the network.
//
// An admission webhook may use the cluster, which waits for it meanwhile; Advance,
// WaitFor and Fork wait until it has answered. One that converts must not.
func (c *Cluster) HandleWebhook(host string, h http.Handler) { c.plane.HandleWebhook(host, h) }
