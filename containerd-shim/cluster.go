package containerdshim

import (
	"context"
	"io"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/apiserver/inprocess"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/listener"
	"github.com/kubejig/kubejig/internal/pki"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/tokens"
)

// Cluster is a control plane in this process with a node on containerd. Its
// clock is the wall's.
type Cluster struct {
	options   Options
	ca        *pki.Authority
	plane     *controlplane.ControlPlane
	world     *World
	listeners listener.Group
}

// Start starts a cluster. It opens no socket outside of its own network; see
// Serve. Close ends it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	ca, err := pki.NewAuthority("kubejig-ca")
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: o, ca: ca}
	ready := make(chan struct{})
	if o.Tokens == nil {
		o.Tokens = func(ctx context.Context, t kubelet.Token) (string, time.Time, error) {
			<-ready // pods may be there before New returns
			return c.issueToken(ctx, t)
		}
	}
	if c.world, err = Open(ctx, o); err != nil {
		return nil, err
	}
	c.options = c.world.options
	c.plane = controlplane.New(controlplane.Options{
		Clock: controlplane.Wall, Seed: uint64(time.Now().UnixNano()), RBAC: o.RBAC, RootCA: string(ca.CertificatePEM),
		Authentication: apiserver.Authentication{
			ServiceAccounts: &tokens.Issuer{Key: ca.Key, URL: tokens.DefaultURL},
		},
		Nodes: c.world.Nodes(), World: c.world.Join,
		Streams: func(_ controlplane.World, e controlplane.Edge) apiserver.Nodes { return c.world.Console(e) },
	})
	close(ready)
	return c, nil
}

// RESTConfig is a client configuration that reaches the cluster within the
// process, as a cluster administrator.
func (c *Cluster) RESTConfig() *rest.Config {
	return inprocess.Config(c.options.Name, c.plane.Handler())
}

// Serve serves the cluster's API over HTTPS on a loopback port, 0 for a free
// one, until Close.
func (c *Cluster) Serve(port int) (*listener.Listener, error) {
	return c.ServeAt(listener.Loopback(port))
}

// ServeAt does so on any TCP address of the machine, with a certificate for hosts,
// too.
func (c *Cluster) ServeAt(address string, hosts ...string) (*listener.Listener, error) {
	return c.listeners.Listen(address, listener.Options{
		Name: c.options.Name, CA: c.ca, Hosts: hosts, Handler: c.plane.Handler(),
	})
}

// Now is the cluster's time: the wall clock's.
func (c *Cluster) Now() time.Time { return c.plane.Now() }

// Advance waits: real time passes by itself only.
func (c *Cluster) Advance(d time.Duration) {
	_ = c.plane.Advance(context.Background(), d) // only a context ends it early
}

// Settle lets the control plane do what it can do now.
func (c *Cluster) Settle() { c.plane.Do(func() {}) }

// Load adds the images of an archive, in OCI's or Docker's format, to the node.
func (c *Cluster) Load(ctx context.Context, archive io.Reader) error {
	return c.world.load(ctx, archive)
}

// World is what runs the cluster's containers.
func (c *Cluster) World() *World { return c.world }

// Close ends the cluster and all that runs in it.
func (c *Cluster) Close() {
	c.plane.Close() // ends the watches, for which listeners would wait
	c.listeners.Close()
}

// issueToken asks the API for a token that is bound to a pod, as a kubelet
// does.
func (c *Cluster) issueToken(ctx context.Context, t kubelet.Token) (string, time.Time, error) {
	config := c.RESTConfig()
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = scheme.Codecs().WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return "", time.Time{}, err
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &t.Seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: t.Pod, UID: t.UID},
	}}
	if t.Audience != "" {
		request.Spec.Audiences = []string{t.Audience}
	}
	issued := &authenticationv1.TokenRequest{}
	err = client.Post().Namespace(t.Namespace).Resource("serviceaccounts").Name(t.ServiceAccount).SubResource("token").
		Body(request).Do(ctx).Into(issued)
	if err != nil {
		return "", time.Time{}, err
	}
	return issued.Status.Token, issued.Status.ExpirationTimestamp.Time, nil
}
