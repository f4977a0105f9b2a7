// Package callout calls servers outside of the engine, as its admission webhooks
// are. It is an edge: it opens connections and waits for answers, and must not be
// used while the engine is held.
package callout

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	"k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission/webhook"
	"github.com/kubejig/kubejig/internal/apiserver"
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
	Handlers map[string]http.Handler
}

// Ask makes calls, all at once. It implements [webhook.Ask].
func (c *Caller) Ask(calls []webhook.Call) []webhook.Answer {
	answers := make([]webhook.Answer, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { answers[i].Review, answers[i].Err = c.ask(call) })
	}
	group.Wait()
	return answers
}

func (c *Caller) ask(call webhook.Call) (*admissionv1.AdmissionReview, error) {
	config := c.config(call.Config)
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("could not get REST client: %w", err)
	}
	defer client.Client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(c.Context, call.Timeout)
	defer cancel()
	if call.Version == admissionv1.SchemeGroupVersion.Version {
		review := &admissionv1.AdmissionReview{}
		return review, post(ctx, client, call.Timeout, call.Review, review)
	}
	sent, received := &admissionv1beta1.AdmissionReview{}, &admissionv1beta1.AdmissionReview{}
	if err := recode(call.Review, sent); err != nil {
		return nil, err
	}
	if err := post(ctx, client, call.Timeout, sent, received); err != nil {
		return nil, err
	}
	review := &admissionv1.AdmissionReview{}
	return review, recode(received, review)
}

func post(ctx context.Context, client *rest.RESTClient, timeout time.Duration, sent, received runtime.Object) error {
	return client.Post().Body(sent).Timeout(timeout).Do(ctx).Into(received)
}

// recode makes one of the two versions of a review the other: they have the same
// fields.
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
	if handler := c.handler(config.Host); handler != nil {
		config.Transport = apiserver.Transport(handler)
		config.ServerName, config.Dial, config.NextProtos = "", nil, nil
	} else {
		config.CAData = to.CABundle
	}
	return config
}

// handler is what answers for the host of a URL in the process; nil: nothing.
func (c *Caller) handler(host string) http.Handler {
	u, err := url.Parse(host)
	if err != nil {
		return nil // which is told when it is called
	}
	if handler := c.Handlers[u.Host]; handler != nil {
		return handler
	}
	return c.Handlers[u.Hostname()]
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

// codecs read and write both versions of reviews.
var codecs = sync.OnceValue(func() runtime.NegotiatedSerializer {
	s := runtime.NewScheme()
	utilruntime.Must(admissionv1.AddToScheme(s))
	utilruntime.Must(admissionv1beta1.AddToScheme(s))
	versions := []schema.GroupVersion{admissionv1beta1.SchemeGroupVersion, admissionv1.SchemeGroupVersion}
	return serializer.NegotiatedSerializerWrapper(runtime.SerializerInfo{Serializer: serializer.NewCodecFactory(s).LegacyCodec(versions...)})
})
