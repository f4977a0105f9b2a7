package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/admission/webhook"
	"github.com/kubejig/kubejig/internal/callout"
	"github.com/kubejig/kubejig/internal/customresource"
)

// askWebhooks makes calls from within the engine, which is free for others until
// they are answered.
func (c *ControlPlane) askWebhooks(calls []webhook.Call) (answers []webhook.Answer) {
	caller := callout.Caller{
		Context: c.context, Resolve: c.serviceAddress, Dial: c.dial, Handlers: c.handlers,
	}
	c.outside(func() { answers = caller.Ask(calls) })
	return answers
}

// HandleWebhook lets a handler answer for the webhooks of a host, in all forks of
// the cluster.
func (c *ControlPlane) HandleWebhook(host string, h http.Handler) { c.handlers.Handle(host, h) }

// convert asks conversion webhooks. Kinds outlive the clusters that made them, and
// objects are converted within the engine, too: what can't be asked then is a
// Service, which only the engine knows.
func convert(handlers *callout.Handlers) customresource.Ask {
	caller := &callout.Caller{
		Context:  context.Background(),
		Handlers: handlers,
		Resolve: func(_, name string, _ int32) (string, error) {
			return "", fmt.Errorf("service %q is not called for conversions: let a handler answer for it", name)
		},
	}
	return caller.Convert
}

// outside runs f while others may use the engine. Whoever has the turn keeps it.
func (c *ControlPlane) outside(f func()) {
	c.away++
	c.engine.Unlock()
	defer func() {
		c.engine.Lock()
		c.away--
		if c.clock == Wall {
			c.loop.SetNow(time.Now())
		}
	}()
	f()
}

// turn runs the loop, unless somebody does already who is outside for a while:
// what there is to do is then done when they are back.
func (c *ControlPlane) turn(run func()) {
	if c.turning {
		return
	}
	c.turning = true
	defer func() {
		c.turning = false
		c.turned.Broadcast()
	}()
	run()
}

// awaitTurn waits until nobody runs the loop.
func (c *ControlPlane) awaitTurn() {
	for c.turning {
		c.turned.Wait()
	}
}

// serviceAddress is where a port of a Service is reached in the cluster's network.
func (c *ControlPlane) serviceAddress(namespace, name string, port int32) (address string, err error) {
	c.Do(func() {
		item := c.store.Get(corev1.Resource("services"), namespace, name)
		if item == nil {
			err = fmt.Errorf("service %q not found", name)
			return
		}
		service := item.Object.(*corev1.Service)
		if service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone {
			err = fmt.Errorf("no cluster IP address for service %q", name)
			return
		}
		for _, p := range service.Spec.Ports {
			if p.Port == port {
				address = net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port)))
				return
			}
		}
		err = fmt.Errorf("no service port %d found for service %q", port, name)
	})
	return address, err
}

// dial connects to an address in the cluster's network.
func (c *ControlPlane) dial(ctx context.Context, address string) (net.Conn, error) {
	if c.server.Nodes == nil {
		return nil, errors.New("this cluster has no network")
	}
	return c.server.Nodes.Dial(ctx, address)
}
