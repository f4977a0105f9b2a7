// Package callout calls servers outside of the engine, as its webhooks are. It is
// an edge: it opens connections and waits for answers.
package callout

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"time"

	"k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
)

// Caller calls webhooks.
type Caller struct {
	// Context ends all calls.
	Context context.Context
	// Resolve is the address of a port of a Service.
	Resolve func(namespace, name string, port int32) (address string, err error)
	// Dial connects to an address in the cluster's network.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Handlers answer for hosts, in the process: no connection is opened to these.
	Handlers *Handlers
}

// review is a review of version v1, what it is in v1beta1, and the answers to
// both.
type review struct{ sent, received, betaSent, betaReceived runtime.Object }

// post sends a review in a version, and reads its answer into that of v1: the two
// have the same fields.
func (c *Caller) post(to v1.WebhookClientConfig, timeout time.Duration, version string, r review) error {
	client, err := rest.UnversionedRESTClientFor(c.config(to))
	if err != nil {
		return err
	}
	defer client.Client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(c.Context, timeout)
	defer cancel()
	exchange := func(sent, received runtime.Object) error {
		return client.Post().Body(sent).Timeout(timeout).Do(ctx).Into(received)
	}
	if version == v1.SchemeGroupVersion.Version {
		return exchange(r.sent, r.received)
	}
	if err := recode(r.sent, r.betaSent); err != nil {
		return err
	}
	if err := exchange(r.betaSent, r.betaReceived); err != nil {
		return err
	}
	return recode(r.betaReceived, r.received)
}

func recode(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

// config is how a webhook is reached.
func (c *Caller) config(to v1.WebhookClientConfig) *rest.Config {
	config := &rest.Config{QPS: -1}
	config.ContentType = runtime.ContentTypeJSON
	config.NegotiatedSerializer = codecs()
	if s := to.Service; s != nil {
		c.service(config, s)
	} else {
		config.Host = ptr.Deref(to.URL, "")
	}
	if handler := c.Handlers.find(config.Host); handler != nil {
		config.Transport = local{handler}
		config.ServerName, config.Dial, config.NextProtos = "", nil, nil
	} else {
		config.CAData = to.CABundle
	}
	return config
}

// service makes a configuration one for a Service.
func (c *Caller) service(config *rest.Config, s *v1.ServiceReference) {
	port := ptr.Deref(s.Port, 443)
	config.ServerName = s.Name + "." + s.Namespace + ".svc"
	config.Host = "https://" + net.JoinHostPort(config.ServerName, strconv.Itoa(int(port)))
	config.APIPath = ptr.Deref(s.Path, "")
	config.NextProtos = []string{"http/1.1"}
	config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		address, err := c.Resolve(s.Namespace, s.Name, port)
		if err != nil {
			return nil, err
		}
		return c.Dial(ctx, address)
	}
}
